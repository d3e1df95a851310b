/** From merged sums to what is told of a federated evaluation: means, how the edges spread around them, and the same by groups. */
import { z } from 'zod';
import type { MergedStatistic } from '../statistics/statistic.ts';
import { goesByAccuracy, JUDGED, nameOf, type EvaluatedTask, type Judged, type Part } from './fields.ts';
import { strataOf } from './strata.ts';

const amount = z.number().nonnegative();

const measures = {
  edges: amount,
  examples: amount,
  /** Means over examples. Accuracy is null where labels are numbers. */
  loss: amount,
  accuracy: amount.nullable(),
  /** Over edges, each counting once: accuracies, or losses where labels are numbers. */
  mean: amount,
  /** Standard deviation over these edges, of the same. */
  deviation: amount,
};

/** How some edges do on the examples that they hold back. */
export const Measures = z.object(measures);
export type Measures = z.infer<typeof Measures>;

export const JudgedModel = z.object({
  ...measures,
  /**
   * Mean of the tenth of the edges that does worst, and of the tenth that does best: accuracies, or losses where labels are numbers. Read off the
   * histogram; where the tenth ends within a bin, that bin's edges count with their mean, so the error is below the width of a bin.
   */
  worstDecile: amount,
  bestDecile: amount,
  /** Groups of enough edges, by name; null where the task tells none apart. */
  strata: z.record(z.string(), Measures).nullable(),
});
export type JudgedModel = z.infer<typeof JudgedModel>;

/** What the edges of a round found of the version that they went on from. */
export const FederatedEvaluation = z.object({
  shared: JudgedModel,
  /** Of the models that edges make of it for themselves; null where the task has none. */
  personal: JudgedModel.nullable(),
});
export type FederatedEvaluation = z.infer<typeof FederatedEvaluation>;

/** The same with the version's number, as rounds tell it. */
export const EvaluatedVersion = FederatedEvaluation.extend({ version: z.int().nonnegative() });
export type EvaluatedVersion = z.infer<typeof EvaluatedVersion>;

const DECILE = 0.1;

/** null where the task asks for none, where this version was not judged, or by fewer edges than the task lets be told. */
export function summariseEvaluation(spec: EvaluatedTask, { fields }: Pick<MergedStatistic, 'fields'>): FederatedEvaluation | null {
  if ((spec.evaluation ?? null) === null) return null;
  const [shared, personal] = JUDGED.map((judged) => summarise(spec, fields, judged));
  return shared === null ? null : { shared, personal };
}

function summarise(spec: EvaluatedTask, fields: MergedStatistic['fields'], judged: Judged): JudgedModel | null {
  if (!Object.hasOwn(fields, nameOf(judged, 'edges'))) return null;
  const part = (name: Part): ArrayLike<number> & Iterable<number> => fields[nameOf(judged, name)];
  const least = Math.max(1, spec.evaluation?.minimumEdges ?? 1);
  const byAccuracy = goesByAccuracy(spec);
  const of = (name: Part, places: readonly number[]): number => places.reduce((sum, place) => sum + part(name)[place], 0);
  const measure = (places: readonly number[]): Measures | null => {
    const edges = of('edges', places);
    const examples = of('examples', places);
    if (edges < least || examples === 0) return null;
    const mean = of('values', places) / edges;
    return {
      edges, examples, loss: of('loss', places) / examples, accuracy: byAccuracy ? of('hits', places) / examples : null,
      mean, deviation: Math.sqrt(Math.max(0, of('squares', places) / edges - mean ** 2)),
    };
  };
  const names = strataOf(spec);
  const whole = measure(names.map((_, place) => place));
  if (whole === null) return null;
  const bins = { counts: [...part('bins')], values: [...part('binValues')] };
  const lowest = tailMean(bins.counts, bins.values, DECILE);
  const highest = tailMean(bins.counts.toReversed(), bins.values.toReversed(), DECILE);
  const strata = names.flatMap((name, place) => {
    const found = measure([place]);
    return found === null ? [] : [[name, found] as const];
  });
  return {
    ...whole, worstDecile: byAccuracy ? lowest : highest, bestDecile: byAccuracy ? highest : lowest,
    strata: spec.evaluation?.by ? Object.fromEntries(strata) : null,
  };
}

/** Mean of the first share of what is counted, a bin that it ends in by its mean. */
function tailMean(counts: readonly number[], values: readonly number[], share: number): number {
  const wanted = share * counts.reduce((sum, count) => sum + count, 0);
  let taken = 0;
  let sum = 0;
  for (const [bin, count] of counts.entries()) {
    if (count === 0 || taken >= wanted) continue;
    const here = Math.min(count, wanted - taken);
    sum += (here / count) * values[bin];
    taken += here;
  }
  return sum / taken;
}
