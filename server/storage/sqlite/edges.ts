/** The edges that enrolled, with their keys. */
import type Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';
import { asEdgeId, type EdgeId } from '../../../shared/ids.ts';
import type { EdgeRecord } from '../store.ts';

interface EdgeRow {
  readonly id: string;
  readonly public_key: string;
  readonly name: string;
  readonly role: EdgeRecord['role'];
  readonly enrolled_at: number;
  readonly revoked_at: number | null;
}

const toEdge = (row: EdgeRow): EdgeRecord => ({
  id: asEdgeId(row.id),
  publicKey: row.public_key,
  name: row.name,
  role: row.role,
  enrolledAt: row.enrolled_at,
  revokedAt: row.revoked_at,
});

export function createEdgeTable(database: Database.Database) {
  const insert = database.prepare<[string, string, string, string, number, number | null]>('INSERT INTO edges (id, public_key, name, role, enrolled_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const select = database.prepare<[string], EdgeRow>('SELECT * FROM edges WHERE id = ?');
  const selectSome = database.prepare<[string, number], EdgeRow>('SELECT * FROM edges WHERE id > ? ORDER BY id LIMIT ?');
  const revoke = database.prepare<[number, string]>('UPDATE edges SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?');

  return {
    add(edge: EdgeRecord): void {
      const { changes } = insert.run(edge.id, edge.publicKey, edge.name, edge.role, edge.enrolledAt, edge.revokedAt);
      // The first record stands: enrolling again must neither lift a revocation nor change a role.
      if (changes === 0 && select.get(edge.id)?.public_key !== edge.publicKey) throw new MurmurError('conflict', `the edge ${edge.id} is enrolled with another key`);
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
