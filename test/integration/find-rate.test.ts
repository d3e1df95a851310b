/** Learning rates tried out: by a coordinator and agents over sockets, and in the simulator. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetSource } from '../../client/datasets/node/open-source.ts';
import { startAgent, type RunningAgent } from '../../client/node/agent.ts';
import { runMurmur } from '../../cli/main.ts';
import { startServer, type RunningServer } from '../../server/start-server.ts';
import { ratesOf } from '../../shared/algorithms/rate-test.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { smallScenario } from '../helpers/small-scenario.ts';

/** y = 2·x + 1 by gradient descent on the mean square: each step with a rate above 1 runs further away (its largest curvature is 2). */
const SPEC: TaskSpecInput = {
  name: 'line',
  model: { topology: { class_name: 'Sequential', config: { name: 'line', layers: [{ class_name: 'Dense', config: { name: 'out', units: 1, activation: 'linear', batch_input_shape: [null, 1] } }] } }, loss: 'meanSquaredError' },
  data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' } },
  algorithm: { name: 'fedavg', steps: 3, batchSize: null, learningRate: 0.1 },
  round: { goal: 1, minimum: 1, overSelection: 1, selectionSeconds: 0.05, comeBackSeconds: 0.1 },
};

let folder = '';
let server: RunningServer;
let agent: RunningAgent;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-find-rate-'));
  await writeFile(join(folder, 'spec.json'), JSON.stringify(SPEC));
  await writeFile(join(folder, 'rows.csv'), 'x,y\n-1,-1\n-0.5,0\n0.5,2\n1,3\n');
  server = await startServer({ port: 0, data: join(folder, 'data'), enrolment: { open: true } });
  agent = await startAgent({ url: server.url, stateFolder: join(folder, 'agent'), dataset: () => openDatasetSource(`csv:${join(folder, 'rows.csv')}`), backend: 'cpu' });
}, 120_000);

afterAll(async () => {
  await agent?.stop();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function murmur(...args: string[]): Promise<{ code: number; last: Record<string, unknown>; text: string }> {
  let text = '';
  const code = await runMurmur(args, { out: (part) => (text += part), error: (part) => (text += part) });
  const lines = text.trim().split('\n');
  return { code, text, last: args.includes('--json') ? (JSON.parse(lines[lines.length - 1]) as Record<string, unknown>) : {} };
}

describe('murmur task find-rate', () => {
  it('tries each rate in a round of its own task, stops where training runs away, and recommends one', async () => {
    const range = { from: 0.01, to: 100, rounds: 9 };
    const svg = join(folder, 'rates.svg');
    const args = ['task', 'find-rate', join(folder, 'spec.json'), '--data', join(folder, 'data'), '--from', '0.01', '--to', '100', '--rounds', '9', '--json'];
    const { code, last } = await murmur(...args, '--svg', svg);
    expect(code).toBe(0);
    const tried = last.rates as { rate: number; loss: number | 'infinite' }[];
    expect(tried.map(({ rate }) => rate)).toEqual(ratesOf(range).slice(0, tried.length));
    // 0.01, 0.032, 0.1, 0.32, 1, 3.2, 10, …: at 3.2 and beyond the loss grows by (1 − 2 · 3.2)² a step.
    expect(last.diverged).toBeGreaterThan(1);
    expect(last.diverged).toBeLessThan(11);
    expect(tried.at(-1)?.rate).toBe(last.diverged);
    expect(last.rate).toBeGreaterThan(0.03);
    expect(last.rate).toBeLessThanOrEqual(1);
    expect(await readFile(svg, 'utf8')).toContain(`Recommended: ${String(last.rate)}`);
    // The task is over and the asked-for one was never made; a second test has a name of its own.
    expect(last.task).toBe('line-find-rate');
    // Its rounds take no time: it may have come to its last before it was stopped.
    expect((await server.coordinator.listTasks()).map(({ id, status }) => [id, status])).toEqual([['line-find-rate', expect.stringMatching(/^(stopped|finished)$/)]]);
    expect((await murmur(...args)).last).toMatchObject({ task: 'line-find-rate-2', diverged: last.diverged });
  }, 120_000);

  it('refuses what is no TaskSpec, and a range that is none', async () => {
    await writeFile(join(folder, 'none.json'), '{"name": "line"}');
    expect((await murmur('task', 'find-rate', join(folder, 'none.json'), '--data', join(folder, 'data'), '--json')).last).toMatchObject({ error: { code: 'bad_task_spec' } });
    expect((await murmur('task', 'find-rate', join(folder, 'spec.json'), '--data', join(folder, 'data'), '--from', '1', '--to', '0.1', '--json')).last).toMatchObject({ error: { code: 'bad_usage' } });
  });
});

describe('murmur simulate --find-rate', () => {
  it('does the same in virtual time, the same for the same seed', async () => {
    const file = join(folder, 'small.json');
    await writeFile(file, JSON.stringify(smallScenario({ rounds: 3 })));
    const args = ['simulate', file, '--find-rate', '--from', '0.001', '--to', '100', '--rounds', '11', '--workers', '1', '--json'];
    const { code, last } = await murmur(...args);
    expect(code).toBe(0);
    expect(last).toMatchObject({ scenario: 'small', seed: 1 });
    expect((last.rates as unknown[]).length).toBeGreaterThan(5);
    expect(last.rate).toBeGreaterThan(0.01);
    expect(last.rate).toBeLessThan(3);
    expect((await murmur(...args)).last).toEqual(last);
  }, 120_000);

  it('refuses its options where rates are not what is looked for', async () => {
    for (const option of [['--from', '0.1'], ['--to', '1'], ['--svg', join(folder, 'rates.svg')]]) {
      expect(await murmur('simulate', 'fedavg-2nn-iid', ...option, '--json')).toMatchObject({ code: 2, last: { error: { code: 'bad_usage', message: '--from, --to and --svg go with --find-rate' } } });
    }
  });

  it('guesses which scenario was meant', async () => {
    expect((await murmur('simulate', 'robust-medain-sign-flip-20', '--json')).last).toMatchObject({ error: { code: 'not_found', message: expect.stringMatching(/; did you mean robust-median-sign-flip-20\?$/) as string } });
  });
});
