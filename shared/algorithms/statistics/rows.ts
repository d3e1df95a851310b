/** Examples as rows of numbers: features as a model would see them, and what is to be predicted. */
import type { EdgeContext } from '../algorithm.ts';
import type { Examples } from '../../model/examples.ts';
import { classesOf, inputShapeOf, type DataContract } from '../../task/data-contract.ts';

/** Rows between two looks at whether somebody waits, or has had enough. */
const ROWS_AT_ONCE = 32;

export const featuresOf = (data: DataContract): number => inputShapeOf(data).reduce((a, b) => a * b, 1);

/** Numbers to be predicted: one a class, or one number. */
export const targetsOf = (data: DataContract): number => classesOf(data)?.length ?? 1;

/** Calls `visit` for each row's number; gives others their turn meanwhile. @throws the signal's reason */
export async function eachRow(rows: number, { data, signal }: Pick<EdgeContext<unknown>, 'data' | 'signal'>, visit: (row: number) => void): Promise<void> {
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    signal.throwIfAborted();
    await data?.breathe?.();
    for (let row = from; row < Math.min(from + ROWS_AT_ONCE, rows); row++) visit(row);
  }
}

export function readFeatures({ inputs, scale }: Examples, row: number, width: number, into: Float64Array): void {
  for (let i = 0; i < width; i++) into[i] = inputs[row * width + i] * scale;
}

/** A class as one 1 among zeros, a number as it is. */
export function readTargets({ labels }: Examples, row: number, count: number, into: Float64Array, offset: number): void {
  if (labels instanceof Int32Array) {
    into.fill(0, offset, offset + count);
    into[offset + labels[row]] = 1;
  } else {
    into[offset] = labels[row];
  }
}
