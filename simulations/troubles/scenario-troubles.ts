/**
 * What is wrong with some of a scenario's edges, on purpose: by it one sees whether the coordinator points it out. Unlike the
 * faults nothing breaks here: these edges take part, and spoil what is learned.
 */
import { z } from 'zod';
import { createRandom, shuffle } from '../../shared/random.ts';
import type { SpecProblem } from '../../shared/task/parse-task-spec.ts';

const count = z.int().nonnegative().default(0);

export const ScenarioTroubles = z.strictObject({
  /** Edges whose labels are dealt out anew among their examples. */
  shuffledLabels: count,
  /** Edges whose update is multiplied by a factor before it is sent: −1 flips it, 10 makes it ten times as long. */
  scaledUpdates: z.strictObject({ edges: count, factor: z.number() }).default({ edges: 0, factor: -1 }),
  /** Edges that take part, and never finish. */
  stragglers: count,
});
export type ScenarioTroubles = z.output<typeof ScenarioTroubles>;

/** Numbers of edges, ascending; nobody has two kinds of trouble. */
export interface Troubled {
  readonly shuffledLabels: readonly number[];
  readonly scaledUpdates: readonly number[];
  readonly stragglers: readonly number[];
}

/** Who it is: drawn by the simulation's seed. */
export function troubledEdges({ shuffledLabels, scaledUpdates, stragglers }: ScenarioTroubles, edges: number, seed: number): Troubled {
  const order = shuffle(Array.from({ length: edges }, (_, number) => number), createRandom(seed).fork('troubled edges'));
  const take = (howMany: number): number[] => order.splice(0, howMany).sort((a, b) => a - b);
  return { shuffledLabels: take(shuffledLabels), scaledUpdates: take(scaledUpdates.edges), stragglers: take(stragglers) };
}

export function troubleProblems({ shuffledLabels, scaledUpdates, stragglers }: ScenarioTroubles, edges: number): SpecProblem[] {
  const all = shuffledLabels + scaledUpdates.edges + stragglers;
  return all > edges ? [{ path: 'troubles', message: `${all} edges are to be in trouble, and there are ${edges}` }] : [];
}
