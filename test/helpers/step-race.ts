/** Two builds of one model side by side: one trains by ordinary steps, the other by replayed ones. Their bits must be the same. */
import type * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Logger } from '../../shared/logger.ts';
import { prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { buildModel, initialParameters, type BuiltModel, type ModelSpec } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { StepKind, StepValues } from '../../shared/model/local-step.ts';
import { createStepRunner, type StepReport, type StepRunner } from '../../shared/model/replay/step-runner.ts';
import { uploadExamples, type ResidentExamples } from '../../shared/model/resident-examples.ts';
import { createRandom } from '../../shared/random.ts';

/** One model with its runner, on wasm. */
export interface Racer {
  readonly model: BuiltModel;
  readonly examples: ResidentExamples;
  readonly runner: StepRunner;
  /** Steps on these batches, as one call of `train` would do them; their losses. */
  run(batches: readonly Int32Array[], learningRate: number, seed?: number, local?: { readonly kind: StepKind; readonly values: StepValues }): number[];
  dispose(): void;
}

export interface RacerOptions {
  readonly replay: boolean;
  readonly logger?: Logger;
  readonly around?: (model: BuiltModel) => BuiltModel;
}

export async function createRacer(spec: ModelSpec, examples: Examples, { replay, logger, around = (model) => model }: RacerOptions): Promise<Racer> {
  const initial = await initialParameters(spec);
  await prepareBackend('wasm');
  const model = around(await buildModel(spec));
  useBackend('wasm');
  model.setWeights(initial.values);
  const resident = uploadExamples(spec, examples, 'a test');
  const runner = createStepRunner({ model, loss: spec.model.loss, examples: resident, replay, logger });
  return {
    model,
    examples: resident,
    runner,
    run(batches, learningRate, seed = 1, local) {
      model.noise.reseed(createRandom(seed));
      const coming = new Map<number, number>();
      for (const { length } of batches) coming.set(length, (coming.get(length) ?? 0) + 1);
      runner.begin(learningRate, coming, local?.kind)?.begin((local as { values: StepValues }).values);
      try {
        return batches.map((indices) => {
          const loss = runner.step(indices);
          return typeof loss === 'number' ? loss : takeLoss(loss);
        });
      } finally {
        runner.end();
      }
    },
    dispose() {
      runner.dispose();
      resident.dispose();
      model.dispose();
    },
  };
}

function takeLoss(loss: tf.Scalar): number {
  const [value] = loss.dataSync();
  loss.dispose();
  return value;
}

/** Batches of these sizes in turn, of examples drawn at random. */
export function batchesOf(examples: Examples, sizes: readonly number[], count: number, seed = 1): Int32Array[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => Int32Array.from({ length: sizes[i % sizes.length] }, () => random.int(examples.size)));
}

export interface RaceOptions {
  readonly sizes?: readonly number[];
  readonly steps?: number;
  readonly learningRate?: number;
}

/** Trains both, compares losses and weights bit for bit, and returns how the replaying one did its steps. */
export async function race(spec: ModelSpec, examples: Examples, { sizes = [4], steps = 12, learningRate = 0.1 }: RaceOptions = {}): Promise<readonly StepReport[]> {
  const ordinary = await createRacer(spec, examples, { replay: false });
  const replayed = await createRacer(spec, examples, { replay: true });
  try {
    const batches = batchesOf(examples, sizes, steps * sizes.length);
    const expected = ordinary.run(batches, learningRate);
    const found = replayed.run(batches, learningRate);
    expect(expected.every(Number.isFinite)).toBe(true);
    expect(found).toEqual(expected);
    const weights = await replayed.model.getWeights();
    expect(weights).toEqual(await ordinary.model.getWeights());
    expect(weights.every(Number.isFinite)).toBe(true);
    expect(ordinary.runner.describe()).toEqual([]);
    return replayed.runner.describe();
  } finally {
    ordinary.dispose();
    replayed.dispose();
  }
}
