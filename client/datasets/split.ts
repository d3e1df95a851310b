/** Holds examples back to validate on: a fraction of them, drawn by a seed, so that every run of an edge draws the same. */
import { createRandom, shuffle } from '../../shared/random.ts';
import { takeExamples, type Dataset, type Examples } from '../../shared/model/examples.ts';
import type { ImageContract } from '../../shared/task/data-contract.ts';

export interface SplitOptions {
  readonly fraction: number;
  readonly seed: number;
}

export interface Split {
  readonly train: Examples;
  readonly validation: Examples | null;
}

/** How many of so many examples are held back: `round(fraction · size)`, at most all but one. */
export function heldBack(size: number, fraction: number): number {
  return Math.min(Math.round(fraction * size), Math.max(0, size - 1));
}

/** Which examples are trained on and which are held back, by their places in growing order. */
export function splitPlaces(size: number, { fraction, seed }: SplitOptions): { readonly train: Int32Array; readonly held: Int32Array } {
  const held = heldBack(size, fraction);
  const order = Int32Array.from({ length: size }, (_, i) => i);
  if (held === 0) return { train: order, held: new Int32Array(0) };
  shuffle(order, createRandom(seed));
  return { train: order.slice(held).sort(), held: order.slice(0, held).sort() };
}

/** Both parts keep the order that they had. Copies, but where nothing is held back. */
export function splitExamples(examples: Examples, options: SplitOptions): Split {
  if (heldBack(examples.size, options.fraction) === 0) return { train: examples, validation: null };
  const { train, held } = splitPlaces(examples.size, options);
  return { train: takeExamples(examples, train), validation: takeExamples(examples, held) };
}

/** All examples of an edge, split as the contract says. */
export function toDataset(examples: Examples, contract: Pick<ImageContract, 'validation'>, source: string): Dataset {
  return { ...splitExamples(examples, contract.validation), source };
}
