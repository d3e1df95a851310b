/** How examples spread over the classes. */
import type { Examples } from '../../shared/model/examples.ts';

/** Counts by class index, `classes` of them; null for regression, whose labels are no classes. They sum to the number of examples. */
export function countLabels({ labels, labelShape }: Pick<Examples, 'labels' | 'labelShape'>, classes: number): readonly number[] | null {
  if (!(labels instanceof Int32Array) || labelShape.length > 0) return null;
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) {
    // A dataset of another contract: half a histogram would be a lie.
    if (label < 0 || label >= classes) return null;
    counts[label]++;
  }
  return counts;
}
