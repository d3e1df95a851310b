/**
 * Quantiles to a stated relative error, as counts in buckets whose bounds grow geometrically
 * (DDSketch: Masson, Rim, Lee 2019, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees").
 * The buckets are fixed by the task, never collapsed: the sketch is a vector of counts, and merges by adding, without error.
 *
 * Order: [below −most, −buckets …, zero, buckets …, above most], ascending.
 */

export interface QuantileLayout {
  /** α: an answer lies within α · |x| of the value x of that rank. */
  readonly error: number;
  /** Magnitudes up to this one count as zero: their absolute error is this at most. */
  readonly least: number;
  /** Magnitudes beyond are counted, and have no value. */
  readonly most: number;
}

const ratioOf = ({ error }: QuantileLayout): number => (1 + error) / (1 - error);

/** Buckets on either side of zero. */
const bucketsOf = (layout: QuantileLayout): number => Math.ceil(Math.log(layout.most / layout.least) / Math.log(ratioOf(layout)));

export const quantileSketchSize = (layout: QuantileLayout): number => 2 * bucketsOf(layout) + 3;

/** A function that tells where a value is counted. */
export function bucketIndex(layout: QuantileLayout): (value: number) => number {
  const buckets = bucketsOf(layout);
  const zero = buckets + 1;
  const perLog = 1 / Math.log(ratioOf(layout));
  return (value) => {
    const size = Math.abs(value);
    if (size <= layout.least) return zero;
    const step = size > layout.most ? buckets + 1 : Math.min(buckets, Math.max(1, Math.ceil(Math.log(size / layout.least) * perLog)));
    return value > 0 ? zero + step : zero - step;
  };
}

/** The value of rank ⌊q · (n − 1)⌋, to the layout's error; null where it is beyond `most`, or nothing was counted. @param q 0 to 1 */
export function quantileOf(counts: ArrayLike<number>, layout: QuantileLayout, q: number): number | null {
  const buckets = bucketsOf(layout);
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i];
  if (total === 0) return null;
  const rank = Math.floor(q * (total - 1));
  let index = 0;
  for (let seen = counts[0]; seen <= rank && index < counts.length - 1; seen += counts[index]) index++;
  const step = Math.abs(index - buckets - 1);
  if (step > buckets) return null;
  if (step === 0) return 0;
  // The point of the bucket (least · γ^(step − 1), least · γ^step] from which both ends are equally far, relative to themselves.
  const value = (2 * layout.least * ratioOf(layout) ** step) / (ratioOf(layout) + 1);
  return index > buckets + 1 ? value : -value;
}
