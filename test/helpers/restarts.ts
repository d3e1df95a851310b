/** A coordinator that dies and comes back, in virtual time, and real edge sessions that lose it and find it again. */
import type { generateKeyPair } from '#platform/crypto';
import type { VirtualClock } from '../../simulations/virtual-clock.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import { createSimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { MurmurError } from '../../shared/errors.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { retryAfterOf } from '../../shared/protocol/retry-after.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { createRandom } from '../../shared/random.ts';
import { createVirtualFederation, toySpec, type VirtualFederation } from './virtual-federation.ts';

export interface RestartHouse {
  readonly clock: VirtualClock;
  /** When a connection was tried, whether anybody answered or not. */
  readonly attempts: number[];
  /** When a connection was refused by a full lobby. */
  readonly refusals: number[];
  /** Edges whose session is open. */
  online(): number;
  /** So many edges, all at once. */
  addEdges(count: number): void;
  /** The power goes out: every connection breaks. */
  kill(): void;
  /** Another process on the same store. */
  restart(): Promise<void>;
  until(done: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

/** One task runs that wants a single report in an hour: edges check in, and nothing else is to do. */
export async function createRestartHouse(keys: () => ReturnType<typeof generateKeyPair>): Promise<RestartHouse> {
  const clock = createVirtualClock(1_000_000);
  const store = await openSqliteStore(':memory:');
  const disk = createSimulatedDisk({ random: createRandom(1) });
  const attempts: number[] = [];
  const refusals: number[] = [];
  const links = new Set<Link<EdgeToCoordinator>>();
  const begin = (): Promise<VirtualFederation> => createVirtualFederation({ clock, store, disk, keys });
  const first = await begin();
  let living: VirtualFederation | null = first;
  await first.coordinator.start();
  await first.coordinator.createTask(toySpec({ round: { goal: 1, overSelection: 1, selectionSeconds: 3600, reportingSeconds: 3600, comeBackSeconds: 60 }, selection: { conditionsMaxAgeSeconds: 3600 } }));
  await first.coordinator.startTask(asTaskId('line'));

  /** Counts what a full lobby refuses. */
  function watched(link: Link<EdgeToCoordinator>): Link<EdgeToCoordinator> {
    links.add(link);
    link.onClose(() => links.delete(link));
    return {
      get closed() {
        return link.closed;
      },
      request: async (type, payload, options) => {
        try {
          return await link.request(type, payload, options);
        } catch (thrown) {
          if (thrown instanceof MurmurError && retryAfterOf(thrown) !== null) refusals.push(clock.now());
          throw thrown;
        }
      },
      onRequest: (handler) => link.onRequest(handler),
      onClose: (handler) => link.onClose(handler),
      close: (reason) => link.close(reason),
    };
  }

  const until = async (done: () => boolean): Promise<void> => {
    if (!(await clock.runUntil(done))) throw new Error('nothing is left to wait for');
  };

  return {
    clock, attempts, refusals, until,
    online: () => living?.coordinator.population.online ?? 0,
    addEdges(count) {
      for (let i = 0; i < count; i++) {
        first.addEdge({
          examples: [[1, 1]],
          // Whoever is chosen has his hands full until long after the test.
          trainingMs: 1e9,
          dial: async () => {
            attempts.push(clock.now());
            if (!living) throw new MurmurError('disconnected', 'nobody listens there');
            return watched(living.connect());
          },
        });
      }
    },
    kill() {
      const dead = living;
      living = null;
      for (const link of [...links]) link.close('the power went out');
      void dead?.coordinator.stop();
    },
    async restart() {
      const next = await begin();
      let started = false;
      void next.coordinator.start().then(() => (started = true));
      await until(() => started);
      living = next;
    },
    async stop() {
      let stopped = living === first;
      if (living !== first) void living?.coordinator.stop().then(() => (stopped = true));
      await until(() => stopped);
      await first.stop();
    },
  };
}
