import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLocalTrainer } from '../../client/training/local-trainer.ts';
import { parseTrainCase, rivalOf, workloadOf } from '../../simulations/benchmarks/train/cases.ts';
import { epochOrder, examplesOf, readExercise, writeExercise } from '../../simulations/benchmarks/train/exercise.ts';
import type { TrainedTurn } from '../../simulations/benchmarks/train/orders.ts';
import { startPyTorch } from '../../simulations/benchmarks/train/pytorch.ts';
import { requireSameTraining } from '../../simulations/benchmarks/train/same-training.ts';
import { trainBenchmark } from '../../simulations/benchmarks/train/train-bench.ts';
import { thrownBy } from '../helpers/thrown.ts';

const turn = (losses: readonly number[], moved = 1, stepsInEpoch = 3): TrainedTurn => ({ ms: 1, cpuMs: 1, steps: stepsInEpoch * losses.length, losses, moved, tensorsLeft: 0 });

describe('a case of the training', () => {
  it('is model, backend and batch size', async () => {
    expect(['2nn wasm b10', 'cnn native b1', 'gru cpu b600'].map(parseTrainCase)).toEqual([
      { model: '2nn', backend: 'wasm', batchSize: 10 }, { model: 'cnn', backend: 'native', batchSize: 1 }, { model: 'gru', backend: 'cpu', batchSize: 600 },
    ]);
    for (const wrong of ['2nn', '2nn wasm', '2nn wasm 10', '2nn wasm b0', '2nn webgl b10', 'vgg wasm b10', '2nn wasm b10 b10', ' 2nn wasm b10']) expect(await thrownBy(() => parseTrainCase(wrong))).toMatchObject({ code: 'bad_usage' });
  });

  it('is compared with stock TensorFlow.js, where that can train it; native with our wasm', () => {
    const rival = (name: string): string => Object.values(rivalOf(parseTrainCase(name))).join(' ');
    expect(['2nn wasm b10', 'gru wasm b10', 'cnn wasm b10', '2nn cpu b10', 'cnn native b10'].map(rival)).toEqual(['stock wasm', 'stock wasm', 'stock cpu', 'stock cpu', 'ours wasm']);
  });

  it('is one that the benchmark lists, with as many turns as it can bear', () => {
    for (const name of trainBenchmark.cases) {
      trainBenchmark.accepts?.(name);
      const { examples, epochs, rivalEpochs, turns, rivalTurns } = workloadOf(parseTrainCase(name));
      expect(trainBenchmark.runsOf?.(name)).toBe(turns);
      expect(Math.min(examples, turns, rivalTurns, rivalEpochs)).toBeGreaterThan(0);
      expect(rivalEpochs).toBeLessThanOrEqual(epochs);
    }
  });
});

describe('a side of the comparison', () => {
  it('has trained the same where its losses and its weights agree', () => {
    requireSameTraining('it', turn([2, 1]), turn([2, 1]));
    requireSameTraining('it', turn([2, 1]), turn([2.0019, 1.0009], 1.0009));
    // Who has trained fewer epochs is compared in those.
    requireSameTraining('it', turn([2, 1, 0.5], 9), turn([2, 1], 1));
  });

  it.each([
    ['another loss', turn([2, 1]), turn([2, 1.0011]), 'a mean loss of 1.0011 in epoch 2'],
    ['no number for a loss', turn([2]), turn([NaN]), 'a mean loss of NaN in epoch 1'],
    ['weights that have moved elsewhere', turn([2], 1), turn([2], 1.0011), 'moved by 1.0011'],
    ['another number of steps', turn([2], 1, 3), turn([2], 1, 4), 'nothing to compare'],
    ['no loss', turn([]), turn([]), 'nothing to compare'],
  ])('that has %s has not', async (_, ours, theirs, said) => {
    expect(await thrownBy(() => requireSameTraining('it', ours, theirs))).toMatchObject({ code: 'internal', message: expect.stringContaining(said) as string });
  });
});

describe('the exercise', () => {
  it.each(['2nn', 'cnn', 'gru', 'lstm'] as const)('%s comes out of its files as it went in, in the order of the trainer', async (model) => {
    const folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
    try {
      const written = await writeExercise(folder, model, { batchSize: 4, learningRate: 0.1, examples: 8 });
      const exercise = await readExercise(folder);
      expect(exercise.facts).toEqual(written);
      expect(exercise.facts.weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(exercise.weights.length);
      expect(exercise.weights.some((value) => value !== 0)).toBe(true);
      expect([exercise.inputs.length, exercise.labels.length]).toEqual([8 * 784, 8]);
      expect(Math.max(...exercise.inputs)).toBeLessThanOrEqual(1);
      expect(new Set(exercise.labels).size).toBeGreaterThan(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('orders its examples as the trainer does: an epoch in parts by that order gives the same weights', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
    try {
      await writeExercise(folder, '2nn', { batchSize: 3, learningRate: 0.1, examples: 6 });
      const exercise = await readExercise(folder);
      const examples = examplesOf(exercise);
      const spec = exercise.facts.spec;
      const whole = await createLocalTrainer(spec, { train: examples, validation: null, source: 'all' }, { backend: 'cpu' });
      whole.load(exercise.weights);
      await whole.train({ epochs: 1, batchSize: 3, learningRate: 0.1, seed: 5 });
      let weights: Float32Array = exercise.weights;
      const order = epochOrder(6, 5, 0);
      for (const chosen of [order.subarray(0, 3), order.subarray(3)]) {
        const inputs = Float32Array.from([...chosen].flatMap((index) => [...exercise.inputs.subarray(784 * index, 784 * (index + 1))]));
        const labels = Int32Array.from(chosen, (index) => exercise.labels[index]);
        const part = await createLocalTrainer(spec, { train: { ...examples, size: 3, inputs, labels }, validation: null, source: 'a batch' }, { backend: 'cpu' });
        part.load(weights);
        await part.train({ epochs: 1, batchSize: 3, learningRate: 0.1, seed: 1 });
        weights = await part.read();
        part.dispose();
      }
      const apart = (await whole.read()).reduce((most, value, i) => Math.max(most, Math.abs(value - weights[i])), 0);
      expect(apart).toBeLessThan(1e-6);
      expect(await whole.read()).not.toEqual(exercise.weights);
      whole.dispose();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('PyTorch', () => {
  it('that is not there is said to be absent, with the way to name one', async () => {
    const facts = { examples: 1 } as Parameters<typeof startPyTorch>[1];
    expect(await startPyTorch('.', facts, new AbortController().signal, '/nowhere/python3')).toEqual({ absent: expect.stringMatching(/no Python with torch.*\/nowhere\/python3.*MURMUR_PYTHON/) as string });
  });
});
