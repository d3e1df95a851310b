/** One file a criterion: what an edge must meet to be eligible. `criteria/registry.ts` lists them; all pass `test/conformance/criterion.ts`. */
import { z } from 'zod';
import type { Candidate, SelectionContext } from './candidate.ts';

/** A value as it is kept among a decision's facts. */
export type FactValue = number | string | boolean;

/** What a device cannot know. */
export const UNKNOWN = 'unknown';

/**
 * What the policy makes of `unknown`: it counts as met, or refuses the edge, or makes it less likely to be taken:
 * its score and its weight in the draw are multiplied by `penalty`.
 */
export const onUnknown = {
  unknown: z.enum(['allow', 'deny', 'penalise']).default('allow'),
  penalty: z.number().positive().max(1).default(0.5),
};

export interface Criterion<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** Its key under `selection.criteria`. */
  readonly name: Name;
  readonly settings: Schema;
  /** What it asks for, as in `… is unknown`; null where it is always known. */
  readonly subject: string | null;
  /** It can come to another verdict though the edge did not check in anew: by the clock, or by the round. */
  readonly changesWithTime?: boolean;
  /** Null where the edge meets it; else UNKNOWN, or the value that falls short. Called for every candidate: makes nothing that it does not return. */
  check(candidate: Candidate, settings: z.output<Schema>, context: SelectionContext): FactValue | null;
  /** What is asked, as a fact. */
  threshold(settings: z.output<Schema>): FactValue;
  /** Why the value falls short, with both. */
  sentence(value: FactValue, settings: z.output<Schema>): string;
  /** What is asked, for the edge's owner: `the battery holds at least 20 %`; null where these settings ask for nothing. */
  wish(settings: z.output<Schema>): string | null;
}

export function defineCriterion<const Name extends string, Schema extends z.ZodType>(criterion: Criterion<Name, Schema>): Criterion<Name, Schema> {
  return criterion;
}

export const percent = (fraction: FactValue): string => `${Math.round(Number(fraction) * 100)} %`;
