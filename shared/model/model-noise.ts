/**
 * The randomness inside a model (dropout and the noise layers), drawn from our seeds.
 * tfjs-layers draws it from Math.random, or, where a Dropout has a seed, uses the same
 * mask at every step: neither can be repeated and learned from.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { createRandom, type RandomSource } from '../random.ts';
import { everyLayer, type AnyLayer } from './every-layer.ts';
import { positiveSeed } from './initial-weights.ts';

export interface ModelNoise {
  /** True where the model has a layer that draws. */
  readonly present: boolean;
  /** What is drawn from now on comes from this source. */
  reseed(random: RandomSource): void;
}

type Call = (inputs: tf.Tensor | tf.Tensor[], options: { training?: boolean }) => tf.Tensor;

/** What this file touches of layers, whose types say less. */
interface OpenLayer extends AnyLayer {
  rate?: number;
  stddev?: number;
  seed?: number | null;
  noiseShape?: number[] | null;
  call: Call;
  dropoutFunc?: (x: tf.Tensor, rate: number) => tf.Tensor;
}

/** Takes over the draws of every layer of the model, nested ones included. */
export function seedModelNoise(model: layers.Layer): ModelNoise {
  let source = createRandom(0);
  const nextSeed = (): number => positiveSeed(source);
  let present = false;
  for (const layer of everyLayer(model) as Iterable<OpenLayer>) {
    present = takeOver(layer, nextSeed) || present;
  }
  return {
    present,
    reseed(random) {
      source = random;
    },
  };
}

function takeOver(layer: OpenLayer, nextSeed: () => number): boolean {
  const rate = layer.rate ?? 0;
  const noise = (mean: number, deviation: number): Call => (inputs, { training }) => {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (training !== true) return x.clone();
    return tf.tidy(() => {
      const drawn = tf.randomNormal(x.shape, mean, deviation, 'float32', nextSeed());
      return mean === 0 ? tf.add(x, drawn) : tf.mul(x, drawn);
    });
  };
  switch (layer.getClassName()) {
    case 'Dropout':
    case 'SpatialDropout1D':
      Object.defineProperty(layer, 'seed', { get: nextSeed, configurable: true });
      return rate > 0;
    case 'SimpleRNNCell':
    case 'GRUCell':
    case 'LSTMCell':
      layer.dropoutFunc = (x, cellRate) => tf.dropout(x, cellRate, undefined, nextSeed());
      return true;
    case 'GaussianNoise':
      layer.call = noise(0, layer.stddev ?? 0);
      return true;
    case 'GaussianDropout':
      if (rate <= 0) return false;
      layer.call = noise(1, Math.sqrt(rate / (1 - rate)));
      return true;
    case 'AlphaDropout': {
      if (rate <= 0) return false;
      layer.call = alphaDropout(rate, layer.noiseShape ?? null, nextSeed);
      return true;
    }
    default:
      return false;
  }
}

/** Klambauer et al., "Self-Normalizing Neural Networks", 2017: dropped units take the value −α·λ, mean and variance stay. */
function alphaDropout(rate: number, noiseShape: number[] | null, nextSeed: () => number): Call {
  const dropped = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946;
  const factor = ((1 - rate) * (1 + rate * dropped ** 2)) ** -0.5;
  const shift = -factor * dropped * rate;
  return (inputs, { training }) => {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (training !== true) return x.clone();
    return tf.tidy(() => {
      const kept = tf.cast(tf.greaterEqual(tf.randomUniform(noiseShape ?? x.shape, 0, 1, 'float32', nextSeed()), rate), 'float32');
      const mixed = tf.add(tf.mul(x, kept), tf.mul(tf.sub(1, kept), dropped));
      return tf.add(tf.mul(mixed, factor), shift);
    });
  };
}
