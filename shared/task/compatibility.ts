/**
 * The compatibility matrix: the one table of parts of a task that exclude each other.
 * A new rule is one entry; a task that breaks it is refused with the reason and the alternative.
 */
import { classesOf } from './data-contract.ts';
import type { TaskSpec } from './task-spec.ts';

export interface CompatibilityRule {
  /** The setting to change, dotted: what a refusal points at. */
  readonly path: string;
  /** The parts that cannot stand together, for people. */
  readonly parts: string;
  readonly excluded: (spec: TaskSpec) => boolean;
  readonly reason: string;
  readonly alternative: string;
}

const isRegression = ({ data }: TaskSpec): boolean => classesOf(data) === null;

export const COMPATIBILITY_RULES: readonly CompatibilityRule[] = [
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
    excluded: (spec) => spec.model.loss !== 'meanSquaredError' && isRegression(spec),
    reason: 'cross-entropy compares probabilities of classes, and a numeric label has none',
    alternative: 'use meanSquaredError, or make the label categorical',
  },
  {
    path: 'limits.maxWeight',
    parts: 'a least number of examples and a smaller bound on the weight',
    excluded: ({ limits, selection }) => selection.criteria.examples !== undefined && selection.criteria.examples.atLeast > limits.maxWeight,
    reason: 'a report weighs as many as its examples, so every edge with enough examples to be eligible would be refused',
    alternative: 'raise limits.maxWeight, or lower selection.criteria.examples.atLeast',
  },
];

/** What is wrong with the parts of a valid spec together; empty when they can serve one task. */
export function findIncompatibilities(spec: TaskSpec): { path: string; message: string }[] {
  return COMPATIBILITY_RULES.filter((rule) => rule.excluded(spec)).map(({ path, parts, reason, alternative }) => ({
    path,
    message: `${parts} exclude each other: ${reason}; ${alternative}`,
  }));
}
