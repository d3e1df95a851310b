/** Algorithms of which a part of the model, or all of it, stays on the edges. */
import { ALGORITHM_NAMES, findAlgorithm } from '../../algorithms/registry.ts';
import type { TaskSpec } from '../task-spec.ts';
import type { CompatibilityRule } from './rule.ts';

const keepsPart = ({ algorithm: { name } }: Pick<TaskSpec, 'algorithm'>): boolean => ALGORITHM_NAMES.includes(name) && findAlgorithm(name).personal?.stays === 'part';

export const PERSONAL_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'stop.accuracy',
    parts: 'an accuracy to stop at and an algorithm of which a part of the model stays on the edges',
    excluded: (spec) => spec.stop.accuracy !== null && keepsPart(spec),
    reason: 'the coordinator has no whole model that it could evaluate',
    alternative: 'leave it out, and set evaluation and stop.patience with of: personal',
  },
  {
    path: 'stop.patience.of',
    parts: 'patience by the shared model and an algorithm of which a part of the model stays on the edges',
    excluded: (spec) => spec.stop.patience !== null && spec.stop.patience.of !== 'personal' && keepsPart(spec),
    reason: 'the shared part alone is no model that anybody uses',
    alternative: 'go by the edges’ own models (personal)',
  },
];
