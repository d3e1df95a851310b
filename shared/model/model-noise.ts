/**
 * The randomness inside a model (dropout and the noise layers), drawn from our seeds.
 * tfjs-layers draws it from Math.random, or, where a Dropout has a seed, uses the same
 * mask at every step: neither can be repeated and learned from. Drawn on the host: the
 * same values on every backend, and again into the same memory where a step is replayed.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { createRandom, type RandomSource } from '../random.ts';
import { everyLayer, type AnyLayer } from './every-layer.ts';

/** Draws the values of one tensor anew. */
export type Draw = (values: Float32Array) => void;

export interface ModelNoise {
  /** True where the model has a layer that draws. */
  readonly present: boolean;
  /** What is drawn from now on comes from this source. */
  reseed(random: RandomSource): void;
  /** While it is set, told of each tensor drawn and of how to draw its like again. */
  watcher: ((drawn: tf.Tensor, draw: Draw) => void) | null;
}

type Call = (inputs: tf.Tensor | tf.Tensor[], options: { training?: boolean }) => tf.Tensor;

/** What this file touches of layers, whose types say less. */
interface OpenLayer extends AnyLayer {
  rate?: number;
  stddev?: number;
  noiseShape?: readonly (number | null)[] | null;
  getNoiseShape?: (input: tf.Tensor) => readonly number[] | null | undefined;
  call: Call;
  dropoutFunc?: (x: tf.Tensor, rate: number) => tf.Tensor;
}

/** A tensor of draws: `value` is asked once for each element, in order. */
type Drawer = (shape: readonly number[], value: (random: RandomSource) => number) => tf.Tensor;

/** Takes over the draws of every layer of the model, nested ones included. */
export function seedModelNoise(model: layers.Layer): ModelNoise {
  let source = createRandom(0);
  const noise: ModelNoise & { present: boolean } = {
    present: false,
    watcher: null,
    reseed(random) {
      source = random;
    },
  };
  const drawn: Drawer = (shape, value) => {
    const draw: Draw = (values) => {
      for (let i = 0; i < values.length; i++) values[i] = value(source);
    };
    const values = new Float32Array(tf.util.sizeFromShape([...shape]));
    draw(values);
    const tensor = tf.tensor(values, [...shape], 'float32');
    noise.watcher?.(tensor, draw);
    return tensor;
  };
  for (const layer of everyLayer(model) as Iterable<OpenLayer>) {
    noise.present = takeOver(layer, drawn) || noise.present;
  }
  return noise;
}

function takeOver(layer: OpenLayer, drawn: Drawer): boolean {
  const rate = layer.rate ?? 0;
  const whileTraining = (disturb: (x: tf.Tensor) => tf.Tensor): Call => (inputs, { training }) => {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    return training === true ? tf.tidy(() => disturb(x)) : x.clone();
  };
  const normal = (x: tf.Tensor, mean: number, deviation: number): tf.Tensor => drawn(x.shape, (random) => mean + deviation * random.normal());
  switch (layer.getClassName()) {
    case 'Dropout':
    case 'SpatialDropout1D':
      if (rate <= 0 || rate >= 1) return false;
      layer.call = whileTraining((x) => dropout(x, rate, layer.getNoiseShape?.(x) ?? x.shape, drawn));
      return true;
    case 'SimpleRNNCell':
    case 'GRUCell':
    case 'LSTMCell':
      layer.dropoutFunc = (x, cellRate) => dropout(x, cellRate, x.shape, drawn);
      return true;
    case 'GaussianNoise':
      layer.call = whileTraining((x) => tf.add(x, normal(x, 0, layer.stddev ?? 0)));
      return true;
    case 'GaussianDropout':
      if (rate <= 0) return false;
      layer.call = whileTraining((x) => tf.mul(x, normal(x, 1, Math.sqrt(rate / (1 - rate)))));
      return true;
    case 'AlphaDropout':
      if (rate <= 0) return false;
      layer.call = whileTraining((x) => alphaDropout(x, rate, layer.noiseShape ?? x.shape, drawn));
      return true;
    default:
      return false;
  }
}

/** Srivastava et al., "Dropout", 2014: each unit is left out with the probability `rate`, the others grow, so that the mean stays. */
function dropout(x: tf.Tensor, rate: number, noiseShape: readonly (number | null)[], drawn: Drawer): tf.Tensor {
  const kept = 1 / (1 - rate);
  return tf.mul(x, drawn(filled(noiseShape, x.shape), (random) => (random.next() < rate ? 0 : kept)));
}

/** Klambauer et al., "Self-Normalizing Neural Networks", 2017: dropped units take the value −α·λ, mean and variance stay. */
function alphaDropout(x: tf.Tensor, rate: number, noiseShape: readonly (number | null)[], drawn: Drawer): tf.Tensor {
  const dropped = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946;
  const factor = ((1 - rate) * (1 + rate * dropped ** 2)) ** -0.5;
  const shift = -factor * dropped * rate;
  const kept = drawn(filled(noiseShape, x.shape), (random) => (random.next() < rate ? 0 : 1));
  const mixed = tf.add(tf.mul(x, kept), tf.mul(tf.sub(1, kept), dropped));
  return tf.add(tf.mul(mixed, factor), shift);
}

/** A shape whose open dimensions are the input's. */
function filled(shape: readonly (number | null)[], input: readonly number[]): readonly number[] {
  return shape.map((size, i) => size ?? input[i]);
}
