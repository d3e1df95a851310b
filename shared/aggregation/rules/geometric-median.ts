/**
 * The geometric median (Pillutla, Kakade, Harchaoui 2022, "Robust Aggregation for Federated Learning", RFA): the point whose distances to the
 * reports add up to the least, by the smoothed Weiszfeld iteration. It begins where nothing changes, to which honest reports lie near, and
 * takes all reports alike: the paper weighs them by their examples, which here whoever lies could say.
 */
import { z } from 'zod';
import { majorityOf, type AggregationRule } from '../rule.ts';

const Settings = z.strictObject({
  rule: z.literal('geometric-median'),
  /** Reports of a round that may be wrong: the round's minimum is checked against it. */
  attackers: z.int().nonnegative().default(0),
  /** At the most. */
  iterations: z.int().positive().max(100).default(6),
  /** The paper's ν: distances below count as this. */
  smoothing: z.number().positive().default(1e-6),
});

/** Where the distances' sum falls by a smaller share, it has come to rest. */
const REST = 1e-6;

export const geometricMedian = {
  name: 'geometric-median',
  summary: 'The point whose distances to all reports add up to the least (Pillutla et al. 2022)',
  settings: Settings,
  needs: () => ({ kind: 'reports' }),
  bound: ({ attackers }) => majorityOf(attackers),
  pairwise: false,
  remembers: false,
  async combine(vectors, { iterations, smoothing }) {
    const distancesOf = (squared: Float64Array): number[] => Array.from(squared, (square) => Math.max(smoothing, Math.sqrt(square)));
    const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
    let distances = distancesOf(await vectors.distancesTo(null));
    for (let i = 1; ; i++) {
      const pulls = distances.map((distance) => 1 / distance);
      const all = sumOf(pulls);
      const { vector, squared } = await vectors.combineAndMeasure(pulls.map((pull) => pull / all));
      const next = distancesOf(squared);
      if (i === iterations || sumOf(next) >= sumOf(distances) * (1 - REST)) return vector;
      distances = next;
    }
  },
} as const satisfies AggregationRule<z.output<typeof Settings>>;
