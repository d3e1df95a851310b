/** Scales what a report learned down to a largest norm, before it merges. */
import { isMeasured, type FieldValues, type Statistic, type StatisticSchema } from './statistic.ts';
import { sumOfSquares } from './sum-of-squares.ts';

/**
 * The statistic itself where its norm (over the fields that count in it) is no larger, else a copy of which it is that.
 * @param statistic checked; nothing of it is changed
 */
export function scaledDown({ fields }: Pick<StatisticSchema, 'fields'>, statistic: Statistic, largestNorm: number): Statistic {
  const measured = fields.filter(isMeasured);
  const norm = Math.sqrt(measured.reduce((sum, { name }) => sum + sumOfSquares(statistic.fields[name]), 0));
  if (norm <= largestNorm) return statistic;
  const factor = largestNorm / norm;
  const scaled = measured.map(({ name }): [string, FieldValues] => [name, statistic.fields[name].map((value) => factor * value)]);
  return { weight: statistic.weight, fields: { ...statistic.fields, ...Object.fromEntries(scaled) } };
}
