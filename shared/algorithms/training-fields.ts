/** The scalar fields that every training algorithm forwards beside its vector. */
import { MurmurError } from '../errors.ts';
import type { FieldSpec, FieldValues, MergedStatistic, Statistic } from '../statistics/statistic.ts';

/** `trainLoss`: mean training loss, weighted; `examples`: how many were trained on, in all. */
export const TRAINING_FIELDS = [
  { name: 'trainLoss', monoid: 'weighted-mean', dtype: 'float64', shape: [] },
  { name: 'examples', monoid: 'sum', dtype: 'float64', shape: [], range: { atLeast: 1, atMost: 2 ** 40, whole: true } },
] as const satisfies readonly FieldSpec[];

export function trainingFields(loss: number, examples: number): Record<string, FieldValues> {
  return { trainLoss: Float64Array.of(loss), examples: Float64Array.of(examples) };
}

/** Mean training loss of one edge's statistic; null where it does not tell. */
export const trainLossOf = ({ fields }: Statistic): number | null => (Object.hasOwn(fields, 'trainLoss') ? fields.trainLoss[0] : null);

/** Examples behind one edge's statistic: where it does not tell, it weighs as many. */
export const examplesOf = ({ fields, weight }: Statistic): number => (Object.hasOwn(fields, 'examples') ? fields.examples[0] : weight);

/** A merged vector of `size` values. @throws bad_layout */
export function mergedVector(merged: MergedStatistic, name: string, size: number): FieldValues {
  const values = Object.hasOwn(merged.fields, name) ? merged.fields[name] : undefined;
  if (values?.length !== size) {
    throw new MurmurError('bad_layout', `the merged statistic's field ${name} has ${values?.length ?? 'no'} values, the model has ${size}`);
  }
  return values;
}

/** A merged number. @throws bad_layout */
export const mergedNumber = (merged: MergedStatistic, name: string): number => mergedVector(merged, name, 1)[0];
