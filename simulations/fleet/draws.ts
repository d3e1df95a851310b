/**
 * Randomness without state: a number drawn is a pure function of a seed, a stream and an index. A device that has to look
 * ahead, or that nobody asked for a week, keeps nothing for it; a generator for each would take more than all the rest.
 */
import type { Distribution } from './distribution.ts';

/** A bijection of 32-bit words of which every bit depends on every bit (multiply and shift, twice). */
function scramble(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Uniform in [0, 1), 32 bits. */
export function uniformAt(seed: number, stream: number, index: number): number {
  const start = scramble((seed + Math.imul(stream + 1, 0x9e3779b9)) | 0);
  // The index is scrambled by itself: two streams are then no shifted copies of each other.
  return scramble(start ^ scramble((index + 0x9e3779b9) | 0)) / 2 ** 32;
}

/** Exponential with mean 1. */
export function exponentialAt(seed: number, stream: number, index: number): number {
  return -Math.log(1 - uniformAt(seed, stream, index));
}

/** Standard normal (Box–Muller); takes the streams `stream` and `stream + 1`. */
export function normalAt(seed: number, stream: number, index: number): number {
  const radius = Math.sqrt(2 * exponentialAt(seed, stream, index));
  return radius * Math.cos(2 * Math.PI * uniformAt(seed, stream + 1, index));
}

/** A value of the distribution; takes the streams `stream` and `stream + 1`. */
export function drawAt(distribution: Distribution, seed: number, stream: number, index = 0): number {
  switch (distribution.kind) {
    case 'constant':
      return distribution.value;
    case 'uniform':
      return distribution.from + (distribution.to - distribution.from) * uniformAt(seed, stream, index);
    case 'lognormal':
      return distribution.median * Math.exp(distribution.sigma * normalAt(seed, stream, index));
  }
}
