/** One file a score: how much an edge is wanted. `scores/registry.ts` lists them; all pass `test/conformance/score.ts`. */
import { z } from 'zod';
import type { RandomSource } from '../random.ts';
import type { Candidate, DrawContext } from './candidate.ts';

export interface ScoreInput<Settings> {
  /** The eligible, by id. */
  readonly candidates: readonly Candidate[];
  /** How many will be chosen. */
  readonly count: number;
  readonly settings: Settings;
  readonly context: DrawContext;
  readonly random: RandomSource;
}

export interface Score<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly name: Name;
  /** With its `name` and its `weight` in the sum. */
  readonly settings: Schema;
  /** It goes by what single edges reported, which secure aggregation hides. */
  readonly readsReports: boolean;
  /** One number in [0, 1] for each candidate: the higher, the more it is wanted. */
  rate(input: ScoreInput<z.output<Schema>>): Float64Array;
}

export function defineScore<const Name extends string, Schema extends z.ZodType>(score: Score<Name, Schema>): Score<Name, Schema> {
  return score;
}

/** Every score's weight in the sum; the sum is divided by all weights together. */
export const weight = z.number().positive().default(1);
