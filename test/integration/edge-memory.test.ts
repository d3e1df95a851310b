/** What an edge keeps from round to round outlives its process; an edge that lost it takes no part any more, and says why. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { csvDataset } from '../../client/datasets/csv-dataset.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import { startAgent, type RunningAgent } from '../../client/node/agent.ts';
import { openStateFolder } from '../../client/node/identity-file.ts';
import { createEvaluator } from '../../server/evaluation/worker-evaluator.ts';
import type { ErrorBody } from '../../shared/errors.ts';
import { asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { startLiveServer, type LiveServer } from '../helpers/live-server.ts';
import { syntheticTable, syntheticTableContract } from '../helpers/synthetic-table.ts';

const TASK = 'controlled';
let folder: string;
let live: LiveServer;
let agents: RunningAgent[] = [];

const stateFolder = (number: number): string => join(folder, `agent ${number}`);
let onEvent: (event: EdgeEvent) => void = () => undefined;
const start = (number: number): Promise<RunningAgent> =>
  startAgent({
    url: live.server.url, stateFolder: stateFolder(number), backend: 'cpu', name: `agent ${number}`, onEvent: (event) => onEvent(event),
    dataset: (_task, spec) => ({ name: 'table', load: () => Promise.resolve(csvDataset('table.csv', syntheticTable({ rows: 40, seed: number }), spec.data)) }),
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-memory-'));
  live = await startLiveServer({ enrolment: { open: true }, evaluator: createEvaluator({ logger: silentLogger }) });
});
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await live?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Of each committed version but the first, how many of its reports began from zero. */
async function begun(): Promise<number[]> {
  const { body } = await live.api(`/api/tasks/${TASK}/versions`);
  const { versions } = body as { versions: { version: number; metrics: Record<string, number> }[] };
  return versions.filter(({ version }) => version > 0).sort((a, b) => a.version - b.version).map(({ metrics }) => metrics.begun);
}

/** Resolves once so many rounds more have been committed. */
async function commit(more: number): Promise<void> {
  const wanted = live.rounds.filter(({ outcome }) => outcome === 'committed').length + more;
  for (let ended = live.rounds.length; live.rounds.filter(({ outcome }) => outcome === 'committed').length < wanted; ended = live.rounds.length) await live.untilRounds(ended + 1);
}

it('is there after a restart, and who lost it is refused', async () => {
  await live.runTask({
    name: TASK,
    model: { topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { units: 2, activation: 'softmax' } }] } }, loss: 'categoricalCrossentropy' },
    data: syntheticTableContract,
    algorithm: { name: 'scaffold', epochs: 1, batchSize: 10, learningRate: 0.1, edges: 2 },
    round: { goal: 2, minimum: 2, overSelection: 1, selectionSeconds: 0.1, retrySeconds: 0.1, absenceSeconds: 0.1, comeBackSeconds: 0.1 },
  });
  agents = await Promise.all([1, 2].map(start));
  await commit(3);
  const [first] = agents;
  await first.stop();
  // Its process is gone; another one opens the same folder.
  const [kept, before] = await openStateFolder(stateFolder(1)).load(asTaskId(TASK));
  expect([kept, before].map(({ state }) => state.vectors.control.length)).toEqual([10, 10]);
  expect(kept.state.vectors.control.some((value) => value !== 0)).toBe(true);
  expect([kept, before].map(({ assignment }) => assignment?.startsWith(`${TASK}.`))).toEqual([true, true]);
  agents[0] = await start(1);
  await commit(2);
  expect(await begun().then(([one, ...others]) => [one, Math.max(...others)])).toEqual([2, 0]);

  await agents[0].stop();
  const lost = (await readdir(stateFolder(1))).filter((name) => name.startsWith('state-'));
  expect(lost).toEqual([`state-${TASK}.safetensors`]);
  await rm(join(stateFolder(1), lost[0]));
  const said = new Promise<ErrorBody>((resolve) => {
    onEvent = (event) => event.type === 'error' && resolve(event.error);
  });
  agents[0] = await start(1);
  const error = await said;
  expect(error).toMatchObject({ code: 'state_lost', message: expect.stringMatching(/lost what it kept with controlled\.\d+\.\d.*use fedprox or fednova/) as string });
  expect((await begun()).slice(1).every((count) => count === 0)).toBe(true);
}, 60_000);
