import { execFile } from 'node:child_process';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import type { Measurement } from '../../simulations/benchmarks/benchmark.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const node = async (args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> => (await run(process.execPath, args, { env })).stdout;

// The processes of a benchmark run from dist/, as `npm run bench` runs them.
beforeAll(() => node([resolve(ROOT, 'scripts/setup.mjs')]), 600_000);

const SCRIPT = `
import('${ROOT}/dist/simulations/benchmarks/connect/connect-bench.js')
  .then(({ runConnectCase }) => runConnectCase('20', { runs: 1, signal: new AbortController().signal }, 100))
  .then((measured) => console.log(JSON.stringify(measured)))`;

it('twenty edges stand idle on a coordinator, and all that is said of them is measured', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
  const measured = JSON.parse(await node(['-e', SCRIPT], { ...process.env, TMPDIR: folder })) as readonly Measurement[];
  const values = Object.fromEntries(measured.map(({ metric, samples, baseline }) => [metric, [...samples, ...(baseline ?? [])]]));
  expect(Object.fromEntries(Object.entries(values).map(([metric, all]) => [metric, all.length]))).toEqual({
    'memory-per-edge': 2, 'heap-per-edge': 2, 'external-per-edge': 2, time: 2, connects: 2, 'cpu-coordinator': 2, 'cpu-edges': 2, 'coordinator-busy': 1, 'cpu-idle': 2, 'cpu-round': 1,
  });
  for (const metric of ['time', 'connects', 'cpu-coordinator', 'cpu-edges', 'coordinator-busy', 'cpu-round']) expect(Math.min(...values[metric])).toBeGreaterThan(0);
  // Its two figures of how fast they came agree.
  values.time.forEach((time, i) => expect(values.connects[i] * time).toBeCloseTo(20_000, 3));
  // Nothing is left of the coordinator: the folder can be removed as an empty one.
  await rmdir(folder);
});
