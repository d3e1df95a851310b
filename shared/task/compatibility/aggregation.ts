/** Rules that must see all reports of a round. */
import { aggregationOf, findRule, readsReports } from '../../aggregation/registry.ts';
import { findAlgorithm } from '../../algorithms/registry.ts';
import type { TaskSpec } from '../task-spec.ts';
import type { CompatibilityRule } from './rule.ts';

/** Beside their vectors, what is merged of control variates, amounts of steps or curvatures. */
const PUTS_FIELDS_TOGETHER: ReadonlySet<string> = new Set(['scaffold', 'fednova', 'feddyn', 'q-fedavg']);

/** Reports. */
const MOST_COMPARED = 1000;

export const AGGREGATION_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'round.minimum',
    parts: 'attackers that a rule is to withstand and a round of too few reports',
    excluded: ({ aggregation, round }) => round.minimum < findRule(aggregation).bound(aggregation).reports,
    reason({ aggregation, round }) {
      const { reports, formula } = findRule(aggregation).bound(aggregation);
      return `of f wrong reports the rule ${aggregation.rule} withstands so many where there are ${formula} = ${reports} or more in all, and ${round.minimum} are enough for a round of this task`;
    },
    alternative: ({ aggregation }) => `raise round.minimum, or lower aggregation.attackers${aggregation.rule === 'multi-krum' && aggregation.keep !== null ? ' or aggregation.keep' : ''}`,
  },
  {
    path: 'aggregation.rule',
    parts: 'a rule other than the mean and an algorithm whose server half puts several merged fields together',
    excluded: (spec) => aggregationOf(spec).rule !== 'mean' && PUTS_FIELDS_TOGETHER.has(spec.algorithm.name),
    reason: ({ algorithm: { name } }) =>
      findAlgorithm(name).needs.edgeStateIsSummed === true
        ? 'the server sums what edges keep, and what a rule leaves out of a report its edge keeps all the same'
        : 'the vector would be judged by itself, and a report that lies in the number that scales it would be believed',
    alternative: 'use the rule mean, with limits.maxNorm to refuse reports that are too long, or fedavg or fedprox',
  },
  {
    path: 'aggregation.rule',
    parts: 'a rule that sees all reports of a round and an algorithm without rounds',
    excluded: (spec) => readsReports(spec) && !findAlgorithm(spec.algorithm.name).needs.barrier,
    reason: 'reports of different versions differ by more than their edges, and their weights say how old they are, which such a rule does not look at',
    alternative: 'use the rule mean, norm-bound with a norm, or an algorithm with rounds',
  },
  {
    path: 'round.goal',
    parts: 'a rule that compares each two reports and too many of them',
    excluded: ({ aggregation, round }) => findRule(aggregation).pairwise && round.goal > MOST_COMPARED,
    reason: `its work grows with the square of their number; up to ${MOST_COMPARED} are compared`,
    alternative: 'lower round.goal, or use the rule median or trimmed-mean',
  },
];
