/**
 * Where the weights of a model under construction come from. Layers ask their initializers
 * for values while they are built; this stands between, so that the values are seeded
 * (the coordinator's first checkpoint) or not computed at all (everybody else loads one).
 */
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { createRandom, type RandomSource } from '../random.ts';

type Layer = layers.Layer;

interface Initializer {
  apply(shape: readonly (number | null)[], dtype?: tf.DataType): tf.Tensor;
  getClassName(): string;
  seed?: number | null;
  gain?: number;
}

type AddWeight = (this: Layer, name: string, shape: number[], dtype: tf.DataType | undefined, initializer: Initializer, ...rest: unknown[]) => unknown;

const zeros: Initializer = { apply: (shape, dtype) => tf.zeros(shape as number[], dtype ?? 'float32'), getClassName: () => 'Zeros' };

/** Runs a synchronous build; its weights come from where this says. */
export type WeightSource = <T>(build: () => T) => T;

/** Every weight zero, no initializer asked. */
export const zeroWeights: WeightSource = (build) => interceptWeights(() => zeros, build);

/**
 * As the topology's initializers say, each without a seed given one of its own, which depends
 * on the source and on the order of the layers alone.
 */
export function seededWeights(random: RandomSource): WeightSource {
  let drawn = 0;
  const seed = (initializer: Initializer): void => {
    if ('seed' in initializer && initializer.seed == null) initializer.seed = positiveSeed(random.fork(`initializer ${drawn++}`));
  };
  const choose = (layer: Layer, initializer: Initializer): Initializer => {
    // An LSTM wraps its bias initializer in one that shows no seed: so all that the layer holds are seeded.
    for (const held of Object.values(layer)) if (isInitializer(held)) seed(held);
    seed(initializer);
    // tfjs computes orthogonal matrices by operations of the backend: slowly, and not alike everywhere.
    if (initializer.getClassName() !== 'Orthogonal') return initializer;
    return { ...zeros, apply: (shape) => orthogonal(shape as number[], initializer.gain ?? 1, createRandom(initializer.seed ?? 0)) };
  };
  return (build) => interceptWeights(choose, build);
}

/** tfjs takes a seed of 0 for none. */
export function positiveSeed(random: RandomSource): number {
  return 1 + random.int(2 ** 31 - 2);
}

function isInitializer(value: unknown): value is Initializer {
  return typeof value === 'object' && value !== null && 'apply' in value && 'getClassName' in value && 'getConfig' in value && !('inboundNodes' in value);
}

function interceptWeights<T>(choose: (layer: Layer, initializer: Initializer) => Initializer, build: () => T): T {
  const prototype = layers.Layer.prototype as unknown as { addWeight: AddWeight };
  const original = prototype.addWeight;
  prototype.addWeight = function (name, shape, dtype, initializer, ...rest) {
    return original.call(this, name, shape, dtype, choose(this, initializer), ...rest);
  };
  try {
    return build();
  } finally {
    prototype.addWeight = original;
  }
}

/**
 * A random matrix with orthonormal columns (rows, where there are fewer rows), by modified
 * Gram–Schmidt in float64 on normal draws. Saxe et al., "Exact solutions to the nonlinear
 * dynamics of learning in deep linear neural networks", 2014.
 */
function orthogonal(shape: number[], gain: number, random: RandomSource): tf.Tensor {
  const columns = shape[shape.length - 1];
  const rows = shape.reduce((a, b) => a * b, 1) / columns;
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const basis: Float64Array[] = [];
  while (basis.length < count) {
    const vector = Float64Array.from({ length }, () => random.normal());
    // Twice: once leaves errors of the size of the cancellation.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        let product = 0;
        for (let i = 0; i < length; i++) product += vector[i] * other[i];
        for (let i = 0; i < length; i++) vector[i] -= product * other[i];
      }
    }
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (norm < 1e-10) continue;
    basis.push(vector.map((value) => value / norm));
  }
  const values = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) values[r * columns + c] = gain * (rows >= columns ? basis[c][r] : basis[r][c]);
  }
  return tf.tensor(values, shape, 'float32');
}
