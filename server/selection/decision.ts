/** What became of one candidate in a draw, and why. */
import type { EdgeId } from '../../shared/ids.ts';
import type { FactValue } from '../../shared/selection/criterion.ts';
import type { DrawFacts } from '../../shared/selection/sampler.ts';

/** The criterion that an edge does not meet, with its value and what is asked; `unknown` where its device cannot tell. */
export interface FailedCriterion {
  readonly criterion: string;
  readonly value: FactValue;
  readonly threshold: FactValue;
}

/** null: eligible. The sentence is put together when it is read. */
export type Verdict = null | (FailedCriterion & { readonly reason: string });

/** What a decision rests on: plain data, stored with the participation. */
export interface DecisionFacts extends DrawFacts {
  readonly failed?: FailedCriterion;
  /** `battery ×0.5`: unknown criteria that made it less likely to be taken. */
  readonly penalties?: readonly string[];
  /** Of a report that counts, in a task without a barrier: how many versions its base was behind. */
  readonly staleness?: number;
}

export interface Decision {
  readonly edge: EdgeId;
  readonly status: 'chosen' | 'not-drawn' | 'rejected';
  /** The criterion that failed, for counting; `drawn` and `not-drawn` otherwise. */
  readonly criterion: string;
  /** A sentence; put together when it is read, as the facts are. */
  readonly reason: string;
  readonly facts: DecisionFacts;
  readonly examples: number;
}

/** Three digits are enough for people; the facts keep them all. */
const short = (value: number): string => String(Number(value.toPrecision(3)));

/** `drawn: 2 of 4 eligible edges …; score 0.8 (quantity 1, fairness 0.6), rank 1`. */
export function describeDraw(chosen: boolean, how: string, { score, scores, rank, stratum, tier, part, penalties }: DecisionFacts): string {
  const parts = Object.entries(scores ?? {}).map(([name, value]) => `${name} ${short(value)}`);
  const details = [
    ...(score === undefined ? [] : [`score ${short(score)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`]),
    ...(rank === undefined ? [] : [`rank ${rank}`]),
    ...(stratum === undefined ? [] : [`of ${stratum}`]),
    ...(tier === undefined ? [] : [`tier ${tier}`]),
    ...(part === undefined ? [] : [`among the ${part}`]),
    ...(penalties ?? []).map((penalty) => `unknown: ${penalty}`),
  ];
  return `${chosen ? 'drawn' : 'not drawn'}: ${how}${details.length === 0 ? '' : `; ${details.join(', ')}`}`;
}
