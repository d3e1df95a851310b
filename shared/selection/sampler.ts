/** One file a sampler: who of the eligible is asked. `samplers/registry.ts` lists them; all pass `test/conformance/sampler.ts`. */
import type { z } from 'zod';
import type { RandomSource } from '../random.ts';
import type { Candidate, DrawContext } from './candidate.ts';

export interface SampleInput<Settings, Memory = unknown> {
  /** The eligible, by id: the same set and seed give the same draw, in whatever order they checked in. */
  readonly candidates: readonly Candidate[];
  readonly count: number;
  /** Of each: its score times its penalties; the penalties alone where the policy has no scores; null where all are alike. */
  readonly weights: Float64Array | null;
  readonly settings: Settings;
  readonly memory: Memory;
  readonly context: DrawContext;
  readonly random: RandomSource;
}

/** What the draw was for one candidate. */
export interface DrawFacts {
  /** Of being chosen in this draw, where it can be worked out; null where only the key below decided. */
  readonly probability?: number | null;
  /** The random key by which it was ordered: the least were chosen. */
  readonly draw?: number;
  readonly scores?: Readonly<Record<string, number>>;
  readonly score?: number;
  /** By score, from 1. */
  readonly rank?: number;
  readonly stratum?: string;
  /** By speed, from 1: the fastest. */
  readonly tier?: number;
  readonly part?: string;
}

export interface Sample<Memory = unknown> {
  /** `min(count, candidates)` different positions among the candidates. */
  readonly chosen: readonly number[];
  /** How they were drawn, for people: `2 of 4 eligible edges were drawn uniformly`. */
  readonly how: string;
  /** For the next draw; null where the sampler remembers nothing. */
  readonly memory: Memory;
  /** Asked of those candidates whose decisions somebody reads. */
  factsOf(position: number): DrawFacts;
}

export interface Sampler<Name extends string = string, Schema extends z.ZodType = z.ZodType, Memory extends z.ZodType = z.ZodType> {
  readonly name: Name;
  readonly settings: Schema;
  /** What it makes of the policy's scores. */
  readonly scores: 'ignored' | 'taken' | 'needed';
  /** It goes by what single edges reported, which secure aggregation hides. */
  readsReports(settings: z.output<Schema>): boolean;
  /** Plain JSON that is stored with the task; `{}` must be the memory of a first draw. Null: it remembers nothing. */
  readonly memory: Memory | null;
  draw(input: SampleInput<z.output<Schema>, z.output<Memory>>): Sample<z.output<Memory>>;
}

export function defineSampler<const Name extends string, Schema extends z.ZodType, Memory extends z.ZodType = z.ZodNull>(sampler: Sampler<Name, Schema, Memory>): Sampler<Name, Schema, Memory> {
  return sampler;
}
