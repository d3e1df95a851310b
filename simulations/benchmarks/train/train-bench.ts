/**
 * A step of local training: whole epochs through an edge's own trainer, beside the same epochs elsewhere. Every side has
 * a process and a core, trains the same weights on the same batches, and takes its turn while the others stand still.
 * A side whose losses or weights differ from ours has trained something else: then there is no figure but a failure.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMurmurError, MurmurError } from '../../../shared/errors.ts';
import { skipped, type Benchmark, type BenchmarkRun, type Measurement } from '../benchmark.ts';
import { startBenchProcess } from '../child-process.ts';
import { parseTrainCase, rivalOf, workloadOf, type TrainCase, type Workload } from './cases.ts';
import { requireSameTraining } from './same-training.ts';
import { writeExercise } from './exercise.ts';
import type { TrainedTurn, TrainOrders, TrainProcess } from './orders.ts';
import { startPyTorch, type PyTorch } from './pytorch.ts';

/** Turns of each side before those that count. */
const WARM_UP = 3;
const MIB = 2 ** 20;

/** One core each: how many threads the native libraries take, they are told by the environment. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '3' };

export const trainBenchmark: Benchmark = {
  name: 'train',
  summary: 'a step of local training; baseline: TensorFlow.js as it comes (wasm; cpu for the CNN, which stock wasm cannot train), for native our wasm',
  cases: ['2nn wasm b10', '2nn wasm b32', 'cnn wasm b10', 'gru wasm b10', 'lstm wasm b10', '2nn native b10', 'cnn native b10', '2nn cpu b10'],
  accepts: (name) => void parseTrainCase(name),
  defaultRuns: 21,
  runsOf: (name) => workloadOf(parseTrainCase(name)).turns,
  caseSeconds: 480,
  run: (name, run) => trainCase(parseTrainCase(name), run),
};

const processAt = (name: string): URL => new URL(`./${name}-process.js`, import.meta.url);

/** @param workload what else than usual, for tests */
export async function trainCase(shape: TrainCase, { runs, signal, note }: BenchmarkRun, workload: Workload = workloadOf(shape)): Promise<readonly Measurement[]> {
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-bench-'));
  const rival = rivalOf(shape);
  const start = (module: string, name: string): TrainProcess => startBenchProcess<TrainOrders>(processAt(module), name, signal, { env: ONE_THREAD });
  const ours = start('trainer', 'trainer');
  const theirs = start(rival.kind === 'stock' ? 'stock' : 'trainer', 'baseline');
  let pytorch: PyTorch | null = null;
  try {
    const facts = await writeExercise(folder, shape.model, { ...workload, batchSize: shape.batchSize });
    await ours.call('start', { folder, backend: shape.backend }).catch((thrown: unknown) => {
      throw shape.backend === 'native' && isMurmurError(thrown, 'backend_failed') ? skipped(`native not installed (${thrown.message})`) : thrown;
    });
    await theirs.call('start', { folder, backend: rival.backend });
    if (shape.backend !== 'cpu') {
      const found = await startPyTorch(folder, facts, signal);
      if ('pytorch' in found) pytorch = found.pytorch;
      else note?.(`pytorch: ${found.absent}`);
    }
    const sides: Sides = { ours, theirs, pytorch };
    const taken = await takeTurns(sides, workload, runs);
    const { early, late } = await ours.call('endure', { steps: workload.enduranceSteps });
    return measurements(taken, early, late);
  } finally {
    await Promise.all([ours.stop(), theirs.stop(), pytorch?.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

interface Sides {
  readonly ours: TrainProcess;
  readonly theirs: TrainProcess;
  readonly pytorch: PyTorch | null;
}

interface Taken {
  readonly ours: TrainedTurn[];
  readonly theirs: TrainedTurn[];
  readonly pytorch: TrainedTurn[];
}

async function takeTurns({ ours, theirs, pytorch }: Sides, { epochs, rivalEpochs, rivalTurns }: Workload, runs: number): Promise<Taken> {
  const taken: Taken = { ours: [], theirs: [], pytorch: [] };
  for (let turn = -WARM_UP; turn < runs; turn++) {
    const seed = WARM_UP + turn + 1;
    const counts = turn >= 0;
    const own = await ours.call('train', { epochs, seed });
    if (counts) taken.ours.push(own);
    // Whoever is too slow for more than a few turns is too slow for a warm-up.
    if (counts ? turn < rivalTurns : rivalTurns > WARM_UP) {
      const rival = await theirs.call('train', { epochs: rivalEpochs, seed });
      requireSameTraining('the baseline', own, rival);
      if (counts) taken.theirs.push(rival);
    }
    if (pytorch !== null) {
      const other = await pytorch.train({ epochs, seed });
      if (pytorch.comparable) requireSameTraining('PyTorch', own, other);
      if (counts) taken.pytorch.push(other);
    }
  }
  return taken;
}

function measurements({ ours, theirs, pytorch }: Taken, early: number, late: number): readonly Measurement[] {
  const aStep = (turns: readonly TrainedTurn[]): number[] => turns.map(({ ms, steps }) => ms / steps);
  const cpuAStep = (turns: readonly TrainedTurn[]): number[] => turns.map(({ cpuMs, steps }) => cpuMs / steps);
  const left = (turns: readonly TrainedTurn[]): number[] => turns.map(({ tensorsLeft }) => {
    if (tensorsLeft === null) throw new MurmurError('internal', 'the trainer did not count its tensors');
    return tensorsLeft;
  });
  const lower = { smallerIsBetter: true };
  return [
    { metric: 'time', unit: 'ms', samples: aStep(ours), baseline: aStep(theirs), ...lower },
    { metric: 'cpu', unit: 'ms', samples: cpuAStep(ours), baseline: cpuAStep(theirs), ...lower },
    ...(pytorch.length > 0 ? [{ metric: 'pytorch', unit: 'ms', samples: aStep(pytorch), ...lower }] : []),
    { metric: 'tensors-left', unit: 'tensors', samples: left(ours), ...lower },
    { metric: 'rss', unit: 'MiB', samples: [late / MIB], ...lower },
    { metric: 'rss-growth', unit: 'MiB', samples: [(late - early) / MIB], ...lower },
  ];
}
