/** Seen with two agents and `goal: 2`: the next round's assignment overtook the acknowledgement, was declined, and the round aborted. */
import { generateKeyPair } from '#platform/crypto';
import { expect, it } from 'vitest';
import { createEdgeSession } from '../../client/edge/edge-session.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import { asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { CHUNK_BYTES, CHUNK_WINDOW, PROTOCOL, type CoordinatorToEdge, type EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { createRandom } from '../../shared/random.ts';
import { UNKNOWN_CONDITIONS } from '../../shared/task/conditions.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { createMemoryLinks } from '../../simulations/network/memory-links.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import { createToyTrainer, TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const TASKS = ['line', 'other'].map(asTaskId);
const checkpoint = encodeCheckpoint(createParameters(TOY_LAYOUT, new Float32Array(2)), {});

it('takes the next round’s assignment while the last report’s acknowledgement is on its way, another task’s not', async () => {
  const clock = createVirtualClock(0);
  const { near, far } = createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs: 1 });
  const reports: (() => void)[] = [];
  let checkIns = 0;
  const replies: Record<string, (payload: never) => object | Promise<object>> = {
    hello: () => ({ protocol: PROTOCOL, challenge: '00', chunkBytes: CHUNK_BYTES, chunkWindow: CHUNK_WINDOW, enrolment: 'open' }),
    authenticate: () => ({ openAssignments: [] }),
    tasks: () => ({ tasks: TASKS.map((task) => ({ task, status: 'running' })) }),
    describe: ({ task }: { task: string }) => ({ spec: parseTaskSpec(toySpec({ name: task })) }),
    checkIn: () => ({ comeBackAfterMs: 1000 + checkIns++ }),
    configured: () => ({}),
    report: () => new Promise((resolve) => reports.push(() => resolve({ outcome: 'accepted', comeBackAfterMs: 1000 }))),
    leave: () => ({}),
  };
  far.onRequest(async (type, payload) => replies[type](payload as never));
  const events: EdgeEvent[] = [];
  const examples = [[1, 2]] as const;
  const session = createEdgeSession({
    connect: () => Promise.resolve(near),
    identity: generateKeyPair(), name: 'edge',
    checkpoints: { fetch: () => Promise.resolve(checkpoint) },
    conditions: { read: () => Promise.resolve(UNKNOWN_CONDITIONS) },
    capabilities: () => Promise.resolve({ platform: 'simulated', backend: 'cpu', stepsPerSecond: 1 }),
    datasetFor: () => ({ name: 'toy', load: () => Promise.resolve({ source: 'toy', validation: null, train: { size: 1, inputs: Float32Array.of(1), inputShape: [1], scale: 1, labels: Float32Array.of(2), labelShape: [1] } }) }),
    createTrainer: () => Promise.resolve(createToyTrainer(examples)),
    state: { load: () => Promise.resolve([]), save: () => Promise.resolve() },
    clock, random: createRandom(1), logger: silentLogger,
    onEvent: (event) => events.push(event),
  });
  await session.start();
  await clock.runUntil(() => checkIns > 0);

  const answers: { readonly round: number; readonly task: string; readonly accepted: boolean }[] = [];
  const assign = (task: (typeof TASKS)[number], round: number): void => {
    const offer = { assignment: `${task}.${round}.1`, task, round, version: round - 1, checkpoint: { digest: '0'.repeat(64), bytes: checkpoint.length }, stage: 'report', broadcast: {}, seed: 1, configureWithinMs: 1e6, reportWithinMs: 1e6 };
    void far.request('assign', offer).then(({ accepted }) => answers.push({ task, round, accepted }));
  };
  assign(TASKS[0], 1);
  await clock.runUntil(() => reports.length === 1);
  assign(TASKS[1], 1);
  await clock.runUntil(() => answers.length === 2);
  assign(TASKS[0], 2);
  // Long enough for the offer to arrive, not for any answer but the first two.
  await clock.runUntil(() => checkIns > 1);
  expect(answers).toEqual([{ task: 'line', round: 1, accepted: true }, { task: 'other', round: 1, accepted: false }]);
  reports[0]();
  await clock.runUntil(() => reports.length === 2);
  expect(answers.at(-1)).toEqual({ task: 'line', round: 2, accepted: true });
  reports[1]();
  await clock.runUntil(() => events.filter(({ type }) => type === 'reported').length === 2);
  const stopped = session.stop();
  await clock.runUntil(() => events.at(-1)?.type === 'left');
  await stopped;
});
