/** Parts of a task in either mode against the label of its examples. */
import { classesOf } from '../data-contract.ts';
import type { AnyTask } from '../task-spec.ts';
import { isRegression } from './facts.ts';
import type { CompatibilityRule } from './rule.ts';

const hasClassWeights = ({ algorithm: { classWeights } }: Pick<AnyTask, 'algorithm'>): boolean => classWeights !== undefined && classWeights !== null;

export const DATA_RULES: readonly CompatibilityRule<AnyTask>[] = [
  {
    path: 'stop.accuracy',
    parts: 'an accuracy to stop at and a numeric label',
    excluded: (spec) => spec.stop.accuracy !== null && isRegression(spec),
    reason: 'accuracy is the fraction classified rightly, and a numeric label has no classes',
    alternative: 'leave it out and set stop.rounds, or make the label categorical',
  },
  {
    path: 'model.loss',
    parts: 'a cross-entropy and a numeric label',
    excluded: (spec) => spec.model !== undefined && spec.model.loss !== 'meanSquaredError' && isRegression(spec),
    reason: 'cross-entropy compares probabilities of classes, and a numeric label has none',
    alternative: 'use meanSquaredError, or make the label categorical',
  },
  {
    path: 'algorithm.classWeights',
    parts: 'class weights and a numeric label',
    excluded: (spec) => hasClassWeights(spec) && isRegression(spec),
    reason: 'a numeric label has no classes to weigh',
    alternative: 'leave them out, or make the label categorical',
  },
  {
    path: 'algorithm.classWeights',
    parts: 'a list of class weights and another number of classes',
    excluded: ({ algorithm: { classWeights }, data }) => Array.isArray(classWeights) && classesOf(data) !== null && classWeights.length !== classesOf(data)?.length,
    reason: 'each class has its own weight',
    alternative: 'give one for each class that the data contract names, or "balanced"',
  },
];
