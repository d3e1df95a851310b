/** Statistics over real sockets: a coordinator, agents with CSV files of their own, and what is published of them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startAgent, type RunningAgent } from '../../client/node/agent.ts';
import { openDatasetSource } from '../../client/datasets/node/open-source.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import type { StatisticsResult } from '../../shared/algorithms/statistics/result.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { startLiveServer, type LiveServer } from '../helpers/live-server.ts';
import { thrownBy } from '../helpers/thrown.ts';

const SPEC: TaskSpecInput = {
  name: 'people',
  data: {
    kind: 'columns',
    columns: [
      { type: 'numeric', column: 'age' },
      { type: 'numeric', column: 'income', optional: true },
      { type: 'categorical', column: 'city' },
    ],
  },
  algorithm: {
    name: 'statistics',
    k: 2,
    columns: [
      { column: 'age', moments: true, range: true, histogram: { edges: [0, 30, 60, 90] } },
      { column: 'income', moments: true },
      { column: 'city' },
    ],
    covariance: ['age', 'income'],
  },
  round: { goal: 3, minimum: 3, overSelection: 1, selectionSeconds: 1, comeBackSeconds: 1 },
  stop: { rounds: 1 },
};

/** Ages 20, 40, ·, 60, 30, 50, 90: mean 290 / 6. Incomes 1, 3, 5, 7 (of the two edges that have them), the third none. */
const FILES = {
  one: 'age,city,income\n20,Rome,1\n40,Oslo,3\n,Rome,5\n',
  two: 'city,age,income\nOslo,60,7\nNA,30,\n',
  three: 'age,city\n50,Rome\n90,Lima\n',
};

let folder = '';
let live: LiveServer | null = null;
let agents: RunningAgent[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-statistics-'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, `${name}.csv`), text);
});
afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  agents = [];
  await live?.stop();
  live = null;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function join3(server: LiveServer, onEvent?: (event: EdgeEvent) => void): Promise<void> {
  for (const name of Object.keys(FILES)) {
    agents.push(await startAgent({
      url: server.server.url, dataset: () => openDatasetSource(`csv:${join(folder, `${name}.csv`)}`), stateFolder: join(server.folder, `agent-${name}`),
      enrolmentToken: server.server.enrolmentToken, name, backend: 'cpu', ...(onEvent ? { onEvent } : {}),
    }));
  }
}

describe('a task of statistics alone', () => {
  it('is measured in one round, and says nothing of a column that too few edges have', async () => {
    live = await startLiveServer();
    await live.runTask(SPEC);
    await join3(live);
    await live.untilRounds(1);
    const { body } = await live.api('/api/tasks/people/versions/latest/result');
    const { result } = body as { result: StatisticsResult };
    expect(result).toMatchObject({ kind: 'statistics', edges: 3, leastEdges: 2, rows: 7 });
    const [age, income, city] = result.columns;
    expect(age).toMatchObject({ edges: 3, count: 6, missing: 1, measures: { range: { minimum: 20, maximum: 90 }, histogram: { edges: [0, 30, 60, 90], counts: [1, 3, 2], below: 0, above: 0 } } });
    expect(age.measures?.moments).toMatchObject({ count: 6, sum: expect.closeTo(290, 10) as number, mean: expect.closeTo(290 / 6, 10) as number });
    // Σ x² = 400 + 1600 + 3600 + 900 + 2500 + 8100 = 17100.
    expect(age.measures?.moments?.variance).toBeCloseTo(17100 / 6 - (290 / 6) ** 2, 8);
    expect(income).toMatchObject({ edges: 2, count: 4, missing: 1, measures: { moments: { mean: 4, variance: 5 } } });
    expect(city).toMatchObject({ edges: 3, count: 6, missing: 1 });
    // Rows with both: (20, 1), (40, 3), (60, 7).
    expect(result.covariance).toMatchObject({ columns: ['age', 'income'], rows: 3, means: [40, expect.closeTo(11 / 3, 12)] });
    expect(result.covariance?.covariance?.[0][1]).toBeCloseTo(((-20 * -8) / 3 + 0 + (20 * 10) / 3) / 3, 10);
  });

  it('withholds a column that fewer than k edges have, and forgets its numbers', async () => {
    live = await startLiveServer();
    await live.runTask({ ...SPEC, algorithm: { ...SPEC.algorithm, k: 3 } });
    await join3(live);
    await live.untilRounds(1);
    const { result } = (await live.api('/api/tasks/people/versions/latest/result')).body as { result: StatisticsResult };
    expect(result.columns[0].measures?.moments?.count).toBe(6);
    expect(result.columns[1]).toEqual({ column: 'income', type: 'numeric', withheld: { code: 'too_few_edges', message: expect.stringContaining('fewer than 3 edges have the column "income"') as string } });
    expect(result.covariance?.withheld?.code).toBe('too_few_edges');
    const { version } = (await live.api('/api/tasks/people/versions/latest')).body as { version: { metrics: Record<string, number> } };
    expect(version.metrics).toEqual({ examples: 7 });
  });

  it('is kept over a restart, and measured again in the next round', async () => {
    const data = join(folder, 'kept');
    live = await startLiveServer({ data });
    await live.runTask({ ...SPEC, stop: { rounds: 2 } });
    await join3(live);
    await live.untilRounds(1);
    const before = await live.api('/api/tasks/people/versions/1/result');
    await Promise.all(agents.map((agent) => agent.stop()));
    agents = [];
    await live.stop();
    live = await startLiveServer({ data });
    expect(await live.api('/api/tasks/people/versions/1/result')).toEqual(before);
    await join3(live);
    // The round that the restart fell into may have lost its edges.
    for (let ended = 1; live.rounds.every(({ outcome }) => outcome === 'aborted'); ended++) await live.untilRounds(ended);
    const { body } = await live.api('/api/tasks/people/versions/2/result');
    // The same edges with the same files: the same numbers at another date, but for the order in which they merged.
    const [now, then] = [body, before.body].map((one) => (one as { result: StatisticsResult }).result.columns[0]);
    expect({ ...now, measures: { ...now.measures, moments: null } }).toEqual({ ...then, measures: { ...then.measures, moments: null } });
    expect(now.measures?.moments?.variance).toBeCloseTo(then.measures?.moments?.variance ?? NaN, 9);
  });

  it('gives a training task the numbers that it standardises by, once it has them', async () => {
    live = await startLiveServer();
    const { server } = live;
    const training = {
      name: 'line', model: { topology: { class_name: 'Sequential', config: {} }, loss: 'meanSquaredError' },
      data: { kind: 'table', features: [{ type: 'numeric', column: 'age', standardise: { fromTask: 'people' } }], label: { type: 'numeric', column: 'y' } },
      algorithm: { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.1 }, round: { goal: 1 },
    } as unknown as TaskSpecInput;
    await live.runTask(SPEC);
    const early = await thrownBy(() => server.createTask(training));
    expect([early.code, early.message]).toEqual(['bad_task_spec', expect.stringMatching(/data\.features\.0\.standardise: task people has no result yet/)]);
    await join3(live);
    await live.untilRounds(1);
    const { spec } = await server.createTask(training);
    const [{ standardise }] = (spec.data as unknown as { features: { standardise: { mean: number; deviation: number; from: object } }[] }).features;
    expect(standardise).toEqual({ mean: expect.closeTo(290 / 6, 10) as number, deviation: expect.closeTo(Math.sqrt(17100 / 6 - (290 / 6) ** 2), 10) as number, from: { task: 'people', version: 1 } });
  });

  it('has no result before its first round', async () => {
    live = await startLiveServer();
    await live.runTask(SPEC);
    expect(await live.api('/api/tasks/people/versions/latest/result')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });

  it('tells the owner of a file that lacks a column why this edge cannot take part, and what to do', async () => {
    live = await startLiveServer();
    await live.runTask({ ...SPEC, data: { kind: 'columns', columns: [{ type: 'numeric', column: 'age' }, { type: 'numeric', column: 'income' }, { type: 'categorical', column: 'city' }] } });
    const refused = new Promise<EdgeEvent>((resolve) => {
      void join3(live as LiveServer, (event) => {
        if (event.type === 'error') resolve(event);
      });
    });
    expect(await refused).toMatchObject({ error: { code: 'bad_dataset', message: expect.stringMatching(/three\.csv, line 1, column "income": found the columns "age", "city", expected .* ask the task’s author to declare it optional/) as string } });
  });
});

describe('what is refused when the task is created', () => {
  it.each<[string, Partial<TaskSpecInput>, string]>([
    ['more edges behind a number than a round waits for', { round: { goal: 3, minimum: 1 } }, 'round.minimum'],
    ['a column that is not there', { algorithm: { name: 'statistics', k: 2, columns: [{ column: 'height' }] } }, 'algorithm.columns.0.column'],
    ['a mean of names', { algorithm: { name: 'statistics', k: 2, columns: [{ column: 'city', moments: true }] } }, 'algorithm.columns.0.moments'],
    ['a model beside it', { model: { topology: { class_name: 'Sequential', config: {} }, loss: 'meanSquaredError' } }, 'model'],
    ['an algorithm that trains', { algorithm: { name: 'fedavg', epochs: 1, batchSize: 1, learningRate: 1 } }, 'model'],
    ['an accuracy to stop at', { stop: { accuracy: 0.9 } }, 'stop.accuracy'],
  ])('%s', async (_, fields, path) => {
    live = await startLiveServer();
    const { server } = live;
    const error = await thrownBy(() => server.createTask({ ...SPEC, ...fields }));
    expect(error.code).toBe('bad_task_spec');
    expect((error.details as readonly { path: string }[]).map((problem) => problem.path)).toContain(path);
  });
});
