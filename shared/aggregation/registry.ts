/** Every way in which a round's reports become one statistic, by name. A new one is one file and one line in each of the two lists. */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import type { AggregationRule } from './rule.ts';
import { bulyan } from './rules/bulyan.ts';
import { centeredClipping } from './rules/centered-clipping.ts';
import { geometricMedian } from './rules/geometric-median.ts';
import { krum } from './rules/krum.ts';
import { mean } from './rules/mean.ts';
import { median } from './rules/median.ts';
import { multiKrum } from './rules/multi-krum.ts';
import { normBound } from './rules/norm-bound.ts';
import { trimmedMean } from './rules/trimmed-mean.ts';

export const RULES = [mean, median, trimmedMean, krum, multiKrum, bulyan, geometricMedian, normBound, centeredClipping] as readonly AggregationRule[];

/** What a task says of it: `{ "rule": "trimmed-mean", "attackers": 2 }`. */
export const AggregationSpec = z.discriminatedUnion('rule', [
  mean.settings, median.settings, trimmedMean.settings, krum.settings, multiKrum.settings, bulyan.settings, geometricMedian.settings, normBound.settings, centeredClipping.settings,
]);
export type AggregationSpec = z.output<typeof AggregationSpec>;

const PLAIN: AggregationSpec = { rule: 'mean' };

/** Tasks that were stored before there were rules say nothing of theirs: it is the mean. */
export const aggregationOf = ({ aggregation }: { readonly aggregation?: AggregationSpec | undefined }): AggregationSpec => aggregation ?? PLAIN;

/** @throws bad_task_spec when there is none of that name */
export function findRule({ rule }: AggregationSpec): AggregationRule {
  const found = RULES.find(({ name }) => name === rule);
  if (!found) throw new MurmurError('bad_task_spec', `there is no aggregation rule ${JSON.stringify(rule)}; there are: ${RULES.map(({ name }) => name).join(', ')}`);
  return found;
}

/** Whether the task's rule must see every report by itself: nobody else may sum them up before. */
export function readsReports(spec: { readonly aggregation?: AggregationSpec | undefined }): boolean {
  const aggregation = aggregationOf(spec);
  return findRule(aggregation).needs(aggregation).kind === 'reports';
}

/** To which norm each report is scaled down before it is summed up; null: it is summed up as it is, or not at all. */
export function largestNormOf(spec: { readonly aggregation?: AggregationSpec | undefined }): number | null {
  const aggregation = aggregationOf(spec);
  const needs = findRule(aggregation).needs(aggregation);
  return needs.kind === 'sum' ? needs.largestNorm : null;
}
