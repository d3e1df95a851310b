/** Two coordinators and one task: whoever comes second waits for the lease to run out, and whoever lost it writes nothing any more. */
import { expect, it } from 'vitest';
import { createCoordinator, type Coordinator } from '../../server/coordinator/coordinator.ts';
import { createBlobStore } from '../../server/storage/blobs.ts';
import { createReportJournal } from '../../server/storage/report-journal.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { randomBytes } from '#platform/crypto';
import { silentLogger } from '../../shared/logger.ts';
import { createRandom } from '../../shared/random.ts';
import { createHost, type Host } from '../../simulations/faults/host.ts';
import { createSimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { LINE, LINE_EVALUATOR } from '../../simulations/faults/world.ts';
import { createVirtualClock, settledIn } from '../../simulations/virtual-clock.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

it('a coordinator that was suspended finds its task taken over, and leaves its status alone', async () => {
  const clock = createVirtualClock(1_000_000);
  const store = await openSqliteStore(':memory:');
  const disk = createSimulatedDisk({ random: createRandom(1) });
  const coordinatorOn = (host: Host, name: string): Coordinator => {
    const own = disk.another();
    return createCoordinator({ store: host.guard(store), blobs: createBlobStore(own), journal: createReportJournal(own), clock: host.clock, random: createRandom(2), randomBytes, logger: silentLogger, name, evaluator: LINE_EVALUATOR });
  };
  const [first, second] = [createHost({ clock }), createHost({ clock })];
  const [one, other] = [coordinatorOn(first, 'one'), coordinatorOn(second, 'other')];
  await one.start();
  await one.createTask(toySpec());
  await one.startTask(LINE);
  await other.start();
  expect(other.drivers()).toHaveLength(0);

  first.suspend();
  // Started while the lease stood; takes the task up once that has run out.
  expect(await clock.runUntil(() => other.drivers().length === 1)).toBe(true);
  first.resume();
  expect(await clock.runUntil(() => one.drivers().length === 0)).toBe(true);
  expect(await store.getTask(LINE)).toMatchObject({ status: 'running', statusReason: null });
  expect(other.drivers()).toHaveLength(1);
  await expect(settledIn(clock, one.stopTask(LINE, 'enough'))).rejects.toMatchObject({ code: 'lease_lost' });
  expect(await store.getTask(LINE)).toMatchObject({ status: 'running', statusReason: null });
  await settledIn(clock, other.stopTask(LINE, 'enough'));
  expect(await store.getTask(LINE)).toMatchObject({ status: 'stopped', statusReason: 'enough' });
  await settledIn(clock, one.stopTask(LINE, 'once more'));
  expect(await store.getTask(LINE)).toMatchObject({ status: 'stopped', statusReason: 'once more' });

  await settledIn(clock, Promise.all([one.stop(), other.stop()]));
  expect(first.pending + second.pending).toBe(0);
  await store.close();
});
