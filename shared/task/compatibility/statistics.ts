/** What a task without a model must be. */
import { aggregationOf } from '../../aggregation/registry.ts';
import { modelFreeOf } from '../../algorithms/model-free.ts';
import { configOf } from '../../algorithms/registry.ts';
import { asksForLabels } from '../asks-for-labels.ts';
import { partsThatReadReports } from '../selection-policy.ts';
import type { TaskSpec } from '../task-spec.ts';
import type { CompatibilityRule } from './rule.ts';

const leastEdgesOf = (spec: TaskSpec): number => modelFreeOf(spec)?.leastEdges(configOf(spec.algorithm)) ?? 0;

export const STATISTICS_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'aggregation.rule',
    parts: 'an algorithm without a model and a rule other than the mean',
    excluded: (spec) => modelFreeOf(spec) !== null && aggregationOf(spec).rule !== 'mean',
    reason: 'its numbers are counts, moments and sketches, which mean something when all of them have merged',
    alternative: 'use the rule mean; reports are checked by ranges as they arrive',
  },
  {
    path: 'model',
    parts: 'an algorithm that trains and no model',
    excluded: (spec) => modelFreeOf(spec) === null && spec.model === undefined,
    reason: 'there is nothing to train',
    alternative: 'give the task a model, or take an algorithm that needs none (statistics)',
  },
  {
    path: 'model',
    parts: 'a model and an algorithm that trains none',
    excluded: (spec) => modelFreeOf(spec) !== null && spec.model !== undefined,
    reason: 'it would be downloaded and serve nobody',
    alternative: 'leave the model out, or take an algorithm that trains (fedavg)',
  },
  {
    path: 'data.kind',
    parts: 'bare columns and an algorithm that reads examples',
    excluded: (spec) => spec.data.kind === 'columns' && modelFreeOf(spec)?.reads !== 'columns',
    reason: 'columns are read as they stand, and nothing says how an example is made of them',
    alternative: 'use the data kind table, or the algorithm statistics',
  },
  {
    path: 'round.minimum',
    parts: 'rounds of few reports and numbers that more edges must stand behind',
    excluded: (spec) => leastEdgesOf(spec) > spec.round.minimum,
    reason: (spec) => `of this task ${spec.round.minimum} are enough for a round, and no number of fewer than algorithm.k = ${leastEdgesOf(spec)} edges is published`,
    alternative: 'raise round.minimum to algorithm.k (and round.goal with it), or lower algorithm.k',
  },
  {
    path: 'stop.accuracy',
    parts: 'an accuracy to stop at and a task without a model',
    excluded: (spec) => spec.stop.accuracy !== null && spec.model === undefined,
    reason: 'there is no model whose accuracy could be measured',
    alternative: 'leave it out and set stop.rounds',
  },
  {
    path: 'stop.patience',
    parts: 'patience and a task without a model',
    excluded: (spec) => spec.stop.patience !== null && spec.model === undefined,
    reason: 'there is no model that could stop getting better',
    alternative: 'leave it out and set stop.rounds',
  },
  {
    path: 'limits.maxNorm',
    parts: 'a bound on the norm and an algorithm without a model',
    excluded: (spec) => modelFreeOf(spec) !== null && spec.limits.maxNorm !== null,
    reason: 'counts, moments and sketches are no update that has a length',
    alternative: 'leave it out: what they count is checked by ranges as it arrives',
  },
  {
    path: 'selection',
    parts: 'a selection by training losses and a task without a model',
    excluded: (spec) => modelFreeOf(spec) !== null && partsThatReadReports(spec.selection).length > 0,
    reason: 'nobody trains, so that no loss is ever known',
    alternative: 'use the sampler uniform, or a score that reads no reports (quantity, roundTime, reliability)',
  },
  {
    path: 'selection',
    parts: 'a selection or an evaluation by labels and an algorithm that reads columns',
    excluded: (spec) => modelFreeOf(spec)?.reads === 'columns' && asksForLabels(spec),
    reason: 'an edge reads columns as they stand, and makes no examples whose labels it could count',
    alternative: 'select by another criterion; the measure values tells how labels spread',
  },
  {
    path: 'data.kind',
    parts: 'texts and an algorithm without a model that computes with numbers',
    excluded: (spec) => spec.data.kind === 'text' && modelFreeOf(spec)?.reads === 'examples',
    reason: 'words come as places in a vocabulary, and a mean of those means nothing',
    alternative: 'use the algorithm statistics, or the data kind table with numbers that describe the texts',
  },
];
