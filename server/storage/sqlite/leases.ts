/** The right to drive a task. Fences only grow; a row stays when its lease is given back. */
import type Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';
import type { TaskId } from '../../../shared/ids.ts';
import type { Lease } from '../store.ts';

/** In the order of the columns; the holder is null where it was given back. */
type LeaseRow = [holder: string | null, fence: number, expiresAt: number];

export function createLeaseTable(database: Database.Database) {
  const select = database.prepare<[string], LeaseRow>('SELECT holder, fence, expires_at FROM leases WHERE task = ?').raw();
  const selectTask = database.prepare<[string], number>('SELECT 1 FROM tasks WHERE id = ?').pluck();
  const upsert = database.prepare<[string, string, number, number]>(
    'INSERT INTO leases (task, holder, fence, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, fence = excluded.fence, expires_at = excluded.expires_at',
  );
  const extend = database.prepare<[number, string, string, number]>('UPDATE leases SET expires_at = ? WHERE task = ? AND holder = ? AND fence = ?');
  const giveBack = database.prepare<[string, string, number]>('UPDATE leases SET holder = NULL WHERE task = ? AND holder = ? AND fence = ?');

  function lost(lease: Lease): MurmurError {
    const [holder, fence] = select.get(lease.task) ?? [null, null];
    const why = holder === null ? 'it was given back' : `${holder} holds it with fence ${fence}`;
    return new MurmurError('lease_lost', `${lease.holder} no longer drives task ${lease.task} (fence ${lease.fence}): ${why}`, { details: { task: lease.task, fence: lease.fence, newest: fence } });
  }

  return {
    /** @throws not_found */
    acquire(task: TaskId, holder: string, ttlMs: number, now: number): Lease | null {
      if (selectTask.get(task) === undefined) throw new MurmurError('not_found', `there is no task ${task}`);
      const [heldBy, fence, expiresAt] = select.get(task) ?? [null, 0, 0];
      if (heldBy !== null && heldBy !== holder && expiresAt > now) return null;
      const lease = { task, holder, fence: fence + 1, expiresAt: now + ttlMs };
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
      if (now?.[0] !== lease.holder || now[1] !== lease.fence) throw lost(lease);
    },
  };
}
