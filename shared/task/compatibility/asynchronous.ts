/** Tasks whose reports count whenever they come. */
import { DEFAULT_OVER_SELECTION, type TaskSpec } from '../task-spec.ts';
import { waitsForNobody } from './facts.ts';
import type { CompatibilityRule } from './rule.ts';

export const ASYNCHRONOUS_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'round.overSelection',
    parts: 'over-selection and an algorithm whose edges wait for nobody',
    excluded: (spec) => waitsForNobody(spec) && spec.round.overSelection !== 1 && spec.round.overSelection !== DEFAULT_OVER_SELECTION,
    reason: 'it makes up for edges that are cut off when a round ends, and here nobody is: a slow edge’s report counts later',
    alternative: 'set algorithm.concurrency, the number of edges that work at once, and leave round.overSelection out',
  },
];
