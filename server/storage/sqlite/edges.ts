/** The edges that enrolled, with their keys. */
import type Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';
import { asEdgeId, type EdgeId } from '../../../shared/ids.ts';
import type { EdgeRecord } from '../store.ts';

/** In the order of the columns. */
const COLUMNS = 'id, public_key, name, role, enrolled_at, revoked_at';
type EdgeRow = [id: string, publicKey: string, name: string, role: EdgeRecord['role'], enrolledAt: number, revokedAt: number | null];

const toEdge = ([id, publicKey, name, role, enrolledAt, revokedAt]: EdgeRow): EdgeRecord => ({ id: asEdgeId(id), publicKey, name, role, enrolledAt, revokedAt });

export function createEdgeTable(database: Database.Database) {
  const insert = database.prepare<EdgeRow>(`INSERT INTO edges (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  const select = database.prepare<[string], EdgeRow>(`SELECT ${COLUMNS} FROM edges WHERE id = ?`).raw();
  const selectSome = database.prepare<[string, number], EdgeRow>(`SELECT ${COLUMNS} FROM edges WHERE id > ? ORDER BY id LIMIT ?`).raw();
  const selectKey = database.prepare<[string], string>('SELECT public_key FROM edges WHERE id = ?').pluck();
  const revoke = database.prepare<[number, string]>('UPDATE edges SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?');

  return {
    add(edge: EdgeRecord): void {
      const { changes } = insert.run(edge.id, edge.publicKey, edge.name, edge.role, edge.enrolledAt, edge.revokedAt);
      // The first record stands: enrolling again must neither lift a revocation nor change a role.
      if (changes === 0 && selectKey.get(edge.id) !== edge.publicKey) throw new MurmurError('conflict', `the edge ${edge.id} is enrolled with another key`);
    },
    get(id: EdgeId): EdgeRecord | null {
      const row = select.get(id);
      return row === undefined ? null : toEdge(row);
    },
    list: (limit: number, after: string): EdgeRecord[] => selectSome.all(after, limit).map(toEdge),
    revoke(id: EdgeId, at: number): void {
      if (revoke.run(at, id).changes === 0) throw new MurmurError('not_found', `there is no edge ${id}`);
    },
  };
}
