/** Whatever befalls edges and rounds, the server's sum of control variates is the sum of what its edges go on from. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import type { EdgeStateStore, KeptState } from '../../client/edge/edge-state-store.ts';
import { settledState } from '../../client/edge/settled-state.ts';
import { MurmurError } from '../../shared/errors.ts';
import { asAssignmentId, asEdgeId, asTaskId, type TaskId } from '../../shared/ids.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { createRandom, type RandomSource } from '../../shared/random.ts';
import { decodeCheckpoint, decodeServerState } from '../../shared/tensors/checkpoint.ts';
import { createVirtualFederation, toySpec, type EdgeSettings, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const EDGES = 4;
const SPEC = toySpec({
  algorithm: { name: 'scaffold', epochs: 2, batchSize: null, learningRate: 0.125, edges: EDGES },
  round: { goal: 3, minimum: 2, overSelection: 1.4, selectionSeconds: 0.1, configurationSeconds: 2, reportingSeconds: 2, absenceSeconds: 1, retrySeconds: 0.1, comeBackSeconds: 0.1 },
});

/** One device: processes that follow each other, with the key and the states that outlive them. */
function device(federation: VirtualFederation, examples: EdgeSettings['examples'], random: RandomSource): { readonly states: Map<TaskId, readonly KeptState[]>; readonly id: () => string } {
  const states = new Map<TaskId, readonly KeptState[]>();
  const identity = generateKeyPair();
  let id = '';
  let reports = 0;

  function start(): void {
    let dead = false;
    const state: EdgeStateStore = {
      load: (task) => Promise.resolve(states.get(task) ?? []),
      save(task, kept) {
        if (!dead) states.set(task, kept);
        return Promise.resolve();
      },
    };
    const die = (link: Link<EdgeToCoordinator>): never => {
      dead = true;
      link.close('its process ended');
      federation.clock.after(300, start);
      throw new MurmurError('disconnected', 'its process ended');
    };
    const { session } = federation.addEdge({
      examples, identity, state, trainingMs: 50 + random.int(2600),
      async dial(connect) {
        if (dead) throw new MurmurError('disconnected', 'its process is gone');
        const link = connect();
        return {
          ...link,
          get closed() {
            return link.closed;
          },
          async request(type, payload, options) {
            id = session.edge ?? id;
            // The first of each device goes through: by then all are there.
            if (type !== 'report' || reports++ === 0) return link.request(type, payload, options);
            const fate = random.next();
            if (fate < 0.1) die(link);
            if (fate < 0.25) return link.request(type, { ...payload, frame: new Uint8Array(8) }, options);
            const reply = await link.request(type, payload, options);
            return fate < 0.4 ? die(link) : reply;
          },
        };
      },
    });
  }
  start();
  return { states, id: () => id };
}

it('an edge goes on from what the sum has of it, through refused and late reports, aborted rounds and deaths', async () => {
  let [aborted, kept] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
      const random = createRandom(seed);
      const federation = await createVirtualFederation({ seed });
      try {
        await federation.coordinator.createTask(SPEC);
        await federation.coordinator.startTask(LINE);
        const devices = Array.from({ length: EDGES }, (_, i) => device(federation, [[1, 8 * i], [1, -i]], random.fork(`device ${i}`)));
        await federation.untilRounds(12);
        await federation.coordinator.stopTask(LINE, 'enough');
        aborted += federation.rounds.filter(({ outcome }) => outcome === 'aborted').length;
        const version = await federation.store.latestVersion(LINE);
        if (version === null) throw new Error('there is no version');
        const { values } = decodeCheckpoint(await federation.blobs.get(version.checkpoint)).parameters;
        const { vectors, numbers } = decodeServerState(await federation.blobs.get(version.serverState), values);
        let sum = 0;
        let begun = 0;
        for (const { states, id } of devices) {
          const last = await federation.store.lastCounted(LINE, asEdgeId(id()));
          const state = settledState(states.get(LINE) ?? [], last === null ? null : asAssignmentId(last), 'scaffold');
          if (state === null) continue;
          begun++;
          if (state !== states.get(LINE)?.[0]) kept++;
          sum += state.state.vectors.control[0];
        }
        expect(numbers.begun ?? 0).toBe(begun);
        expect(vectors.control[0]).toBeCloseTo(sum, 3);
      } finally {
        await federation.stop();
      }
    }),
    { numRuns: 15, seed: 5 },
  );
  // What it is about has happened.
  expect(aborted).toBeGreaterThan(0);
  expect(kept).toBeGreaterThan(0);
}, 120_000);
