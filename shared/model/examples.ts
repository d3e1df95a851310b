/** The examples that an edge holds, in the form that training reads: one flat vector, never an array of arrays. */

/**
 * `size` examples. Example i occupies `inputs[i·n … (i+1)·n)`, n the product of `inputShape`;
 * a model sees `inputs · scale` (images stay bytes in memory, scale 1/255).
 * Classification: `labels` is an Int32Array of class indices and `labelShape` is [].
 * Regression: a Float32Array, `labelShape` [k].
 */
export interface Examples {
  readonly size: number;
  readonly inputs: Float32Array | Int32Array | Uint8Array;
  readonly inputShape: readonly number[];
  readonly scale: number;
  readonly labels: Int32Array | Float32Array;
  readonly labelShape: readonly number[];
}

/** One edge's data for one task: what it trains on, and what it holds back to validate on. */
export interface Dataset {
  readonly train: Examples;
  /** null when the task's data contract holds nothing back. */
  readonly validation: Examples | null;
  /** Where it came from, for people: `csv:patients.csv`, `mnist part 3 of 10`. */
  readonly source: string;
}

/** The examples at `indices`, in that order, copied. */
export function takeExamples(examples: Examples, indices: ArrayLike<number>): Examples {
  const { inputShape, labelShape, scale } = examples;
  const inputSize = inputShape.reduce((a, b) => a * b, 1);
  const labelSize = labelShape.reduce((a, b) => a * b, 1);
  const inputs = new (examples.inputs.constructor as new (length: number) => Examples['inputs'])(indices.length * inputSize);
  const labels = new (examples.labels.constructor as new (length: number) => Examples['labels'])(indices.length * labelSize);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row];
    inputs.set(examples.inputs.subarray(from * inputSize, (from + 1) * inputSize), row * inputSize);
    labels.set(examples.labels.subarray(from * labelSize, (from + 1) * labelSize), row * labelSize);
  }
  return { size: indices.length, inputs, inputShape, scale, labels, labelShape };
}
