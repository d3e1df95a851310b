/** Which edges take part, and how many: criteria, scores and samplers. */
import { findSampler } from '../../selection/samplers/registry.ts';
import { classesOf } from '../data-contract.ts';
import type { TaskSpec } from '../task-spec.ts';
import { isRegression } from './facts.ts';
import type { CompatibilityRule } from './rule.ts';

const stratifiesByLabel = ({ selection: { sampler } }: TaskSpec): boolean => sampler.name === 'stratified' && sampler.by === 'label';

export const SELECTION_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'algorithm.edges',
    parts: 'a number of edges in all and a larger round',
    excluded: ({ algorithm: { edges }, round }) => typeof edges === 'number' && round.goal > edges,
    reason: 'more edges would report in one round than take part in all',
    alternative: 'set algorithm.edges to the size of the population, or lower round.goal',
  },
  {
    path: 'limits.maxWeight',
    parts: 'a least number of examples and a smaller bound on the weight',
    excluded: ({ limits, selection }) => selection.criteria.examples !== undefined && selection.criteria.examples.atLeast > limits.maxWeight,
    reason: 'a report weighs as many as its examples, so every edge with enough examples to be eligible would be refused',
    alternative: 'raise limits.maxWeight, or lower selection.criteria.examples.atLeast',
  },
  {
    path: 'limits.maxWeight',
    parts: 'a least number of examples of each class and a smaller bound on the weight',
    excluded: ({ limits, selection: { criteria } }) => criteria.labels !== undefined && criteria.labels.classes * criteria.labels.atLeast > limits.maxWeight,
    reason: 'a report weighs as many as its examples, so every edge with enough of enough classes would be refused',
    alternative: 'raise limits.maxWeight, or lower selection.criteria.labels',
  },
  {
    path: 'selection.criteria.labels',
    parts: 'a count of labels and a numeric label',
    excluded: (spec) => spec.selection.criteria.labels !== undefined && isRegression(spec),
    reason: 'a numeric label has no classes to count',
    alternative: 'leave it out, or make the label categorical',
  },
  {
    path: 'selection.criteria.labels.classes',
    parts: 'a number of classes to be covered and fewer classes',
    excluded: ({ data, selection: { criteria } }) => criteria.labels !== undefined && criteria.labels.classes > (classesOf(data)?.length ?? Infinity),
    reason: 'no edge can hold examples of more classes than the data contract names',
    alternative: 'ask for as many classes as there are, or fewer',
  },
  {
    path: 'selection.sampler.by',
    parts: 'groups by label and a numeric label',
    excluded: (spec) => stratifiesByLabel(spec) && isRegression(spec),
    reason: 'a numeric label has no classes to group by',
    alternative: 'group by deviceClass or region, or make the label categorical',
  },
  {
    path: 'selection.scores',
    parts: 'scores and a sampler that goes by none',
    excluded: ({ selection: { scores, sampler } }) => scores.length > 0 && findSampler(sampler).scores === 'ignored',
    reason: 'they would be worked out and change nothing',
    alternative: 'use the sampler weighted or topK, or leave the scores out',
  },
  {
    path: 'selection.sampler',
    parts: 'a sampler that goes by scores and no scores',
    excluded: ({ selection: { scores, sampler } }) => scores.length === 0 && findSampler(sampler).scores === 'needed',
    reason: 'without a score all are alike to it',
    alternative: 'name selection.scores, or use the sampler uniform',
  },
  {
    path: 'selection.criteria.network.allow',
    parts: 'an edge that is offline and one that takes part',
    excluded: ({ selection: { criteria } }) => criteria.network !== undefined && criteria.network.allow.every((type) => type === 'offline'),
    reason: 'no device that is offline checks in',
    alternative: 'allow another network, too',
  },
  {
    path: 'selection.criteria.visibility',
    parts: 'the native backend and a visible page',
    excluded: ({ selection: { criteria } }) =>
      criteria.backend !== undefined && criteria.backend.allow.every((name) => name === 'native') && criteria.visibility !== undefined && !criteria.visibility.allow.includes('hidden'),
    reason: 'the native backend runs in Node agents alone, which have no page: they are hidden',
    alternative: 'allow hidden, or another backend',
  },
];
