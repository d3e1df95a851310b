/** Holds examples back to validate on: a fraction of them, drawn by a seed, so that every run of an edge draws the same. */
import { createRandom, shuffle } from '../../shared/random.ts';
import { takeExamples, type Dataset, type Examples } from '../../shared/model/examples.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';

export interface Split {
  readonly train: Examples;
  readonly validation: Examples | null;
}

/**
 * `round(fraction · size)` examples to validate on, at most all but one; the rest to train
 * on. Both keep the order that they had. Copies, but where nothing is held back.
 */
export function splitExamples(examples: Examples, options: { readonly fraction: number; readonly seed: number }): Split {
  const held = Math.min(Math.round(options.fraction * examples.size), Math.max(0, examples.size - 1));
  if (held === 0) return { train: examples, validation: null };
  const order = shuffle(Int32Array.from({ length: examples.size }, (_, i) => i), createRandom(options.seed));
  return { train: takeExamples(examples, order.slice(held).sort()), validation: takeExamples(examples, order.slice(0, held).sort()) };
}

/** All examples of an edge, split as the contract says. */
export function toDataset(examples: Examples, contract: DataContract, source: string): Dataset {
  return { ...splitExamples(examples, contract.validation), source };
}
