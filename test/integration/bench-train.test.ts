import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, rmdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Measurement } from '../../simulations/benchmarks/benchmark.ts';
import type { Workload } from '../../simulations/benchmarks/train/cases.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const node = async (args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> => (await run(process.execPath, args, { env })).stdout;

/** Torch alone takes seconds to start, and machines are busy. */
const PATIENCE = { timeout: 300_000 };

// The processes of a benchmark run from dist/, as `npm run bench` runs them.
beforeAll(() => node([resolve(ROOT, 'scripts/setup.mjs')]), 600_000);

const WORKLOAD: Workload = { examples: 25, epochs: 2, rivalEpochs: 1, turns: 2, rivalTurns: 5, learningRate: 0.1, enduranceSteps: 30 };

interface Outcome {
  readonly measured: readonly Measurement[];
  readonly notes: readonly string[];
}

/** Two turns of a case through its real processes; nothing of theirs may be left on disk. */
async function smallRun(name: string, python: string, workload: Partial<Workload> = {}): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
  const script = `(async () => {
    const at = (file) => import('${ROOT}/dist/simulations/benchmarks/train/' + file);
    const { trainCase } = await at('train-bench.js');
    const { parseTrainCase } = await at('cases.js');
    const notes = [];
    const measured = await trainCase(parseTrainCase('${name}'), { runs: 2, signal: new AbortController().signal, note: (text) => notes.push(text) }, ${JSON.stringify({ ...WORKLOAD, ...workload })});
    console.log(JSON.stringify({ measured, notes }));
  })()`;
  const out = await node(['-e', script], { ...process.env, TMPDIR: folder, MURMUR_PYTHON: python });
  await rmdir(folder);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Outcome;
}

const samplesOf = ({ measured }: Outcome): Record<string, number[]> => Object.fromEntries(measured.map(({ metric, samples, baseline }) => [metric, [samples.length, baseline?.length ?? 0]]));

describe('the benchmark of a training step', PATIENCE, () => {
  it.each(['2nn wasm b10', 'gru wasm b10', '2nn cpu b10'])('measures %s beside TensorFlow.js as it comes, which trains the same', async (name) => {
    const outcome = await smallRun(name, '/nowhere/python3');
    expect(samplesOf(outcome)).toEqual({ time: [2, 2], cpu: [2, 2], 'tensors-left': [2, 0], rss: [1, 0], 'rss-growth': [1, 0] });
    const [time] = outcome.measured;
    expect(Math.min(...time.samples, ...(time.baseline ?? []))).toBeGreaterThan(0);
    expect(outcome.measured.find(({ metric }) => metric === 'tensors-left')?.samples).toEqual([0, 0]);
    expect(outcome.notes).toEqual(name.includes('cpu') ? [] : [expect.stringMatching(/^pytorch: no Python with torch was found/)]);
  });
});

/** The installed package; what `npm run native` builds lies beside dist/ and stays there. */
const nativeInstalled = existsSync(resolve(ROOT, 'node_modules/@tensorflow/tfjs-node'));

it.skipIf(nativeInstalled)('a case of native is skipped where that is not installed, and that is no failure', PATIENCE, async () => {
  const bare = await mkdtemp(join(tmpdir(), 'murmuration-'));
  try {
    await cp(resolve(ROOT, 'dist'), join(bare, 'dist'), { recursive: true });
    await cp(resolve(ROOT, 'package.json'), join(bare, 'package.json'));
    await symlink(resolve(ROOT, 'node_modules'), join(bare, 'node_modules'));
    // Node exits with 0, or this throws.
    const out = await node([join(bare, 'dist/simulations/benchmarks/main.js'), 'train', '--json', '--case', '2nn native b10']);
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual({ bench: 'train', case: '2nn native b10', skipped: expect.stringContaining('native not installed') as string });
  } finally {
    await rm(bare, { recursive: true });
  }
});

const python = [process.env.MURMUR_PYTHON, 'python3'].find((one) => {
  try {
    if (one !== undefined) execFileSync(one, ['-c', 'import torch'], { stdio: 'ignore' });
    return one !== undefined;
  } catch {
    return false;
  }
});
if (python === undefined) console.warn('skipped: no Python with torch (MURMUR_PYTHON names one)');

describe.skipIf(python === undefined)('PyTorch', PATIENCE, () => {
  // Of the GRU, whose two definitions differ, only the time.
  it.each(['2nn wasm b10', 'lstm wasm b10', 'gru wasm b10'])('trains the same %s', async (name) => {
    expect(samplesOf(await smallRun(name, python ?? ''))).toMatchObject({ time: [2, 2], pytorch: [2, 0] });
  });

  it('trains the same convolutional net', async () => {
    // The rival is our own trainer: the plain backend takes 15 seconds a step.
    const outcome = await smallRun('cnn native b5', python ?? '', { examples: 10, rivalEpochs: 2, learningRate: 0.05, enduranceSteps: 2 }).catch((thrown: Error) => {
      if (thrown.message.includes('native not installed')) return null;
      throw thrown;
    });
    if (outcome === null) console.warn('skipped: native not installed');
    else expect(samplesOf(outcome)).toMatchObject({ time: [2, 2], pytorch: [2, 0] });
  });
});
