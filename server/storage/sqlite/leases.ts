/** The right to drive a task. Fences only grow; a row stays when its lease is given back. */
import type Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';
import type { TaskId } from '../../../shared/ids.ts';
import type { Lease } from '../store.ts';

interface LeaseRow {
  /** null: given back. */
  readonly holder: string | null;
  readonly fence: number;
  readonly expires_at: number;
}

export function createLeaseTable(database: Database.Database) {
  const select = database.prepare<[string], LeaseRow>('SELECT holder, fence, expires_at FROM leases WHERE task = ?');
  const selectTask = database.prepare<[string], number>('SELECT 1 FROM tasks WHERE id = ?').pluck();
  const upsert = database.prepare<[string, string, number, number]>(
    'INSERT INTO leases (task, holder, fence, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, fence = excluded.fence, expires_at = excluded.expires_at',
  );
  const extend = database.prepare<[number, string, string, number]>('UPDATE leases SET expires_at = ? WHERE task = ? AND holder = ? AND fence = ?');
  const giveBack = database.prepare<[string, string, number]>('UPDATE leases SET holder = NULL WHERE task = ? AND holder = ? AND fence = ?');

  function lost(lease: Lease): MurmurError {
    const now = select.get(lease.task);
    const why = now === undefined || now.holder === null ? 'it was given back' : `${now.holder} holds it with fence ${now.fence}`;
    return new MurmurError('lease_lost', `${lease.holder} no longer drives task ${lease.task} (fence ${lease.fence}): ${why}`, { details: { task: lease.task, fence: lease.fence, newest: now?.fence ?? null } });
  }

  return {
    /** @throws not_found */
    acquire(task: TaskId, holder: string, ttlMs: number, now: number): Lease | null {
      if (selectTask.get(task) === undefined) throw new MurmurError('not_found', `there is no task ${task}`);
      const held = select.get(task);
      if (held && held.holder !== null && held.holder !== holder && held.expires_at > now) return null;
      const lease = { task, holder, fence: (held?.fence ?? 0) + 1, expiresAt: now + ttlMs };
      upsert.run(task, holder, lease.fence, lease.expiresAt);
      return lease;
    },
    renew(lease: Lease, ttlMs: number, now: number): Lease {
      const expiresAt = now + ttlMs;
      if (extend.run(expiresAt, lease.task, lease.holder, lease.fence).changes === 0) throw lost(lease);
      return { ...lease, expiresAt };
    },
    release(lease: Lease): void {
      giveBack.run(lease.task, lease.holder, lease.fence);
    },
    /** @throws lease_lost. Time plays no part: an expired lease that nobody took is still the newest. */
    check(lease: Lease): void {
      const now = select.get(lease.task);
      if (now === undefined || now.fence !== lease.fence || now.holder !== lease.holder) throw lost(lease);
    },
  };
}
