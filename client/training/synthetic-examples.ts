/** Examples of a task's shape that mean nothing: what a device's speed is measured on. */
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { createRandom } from '../../shared/random.ts';
import { classesOf, inputShapeOf } from '../../shared/task/data-contract.ts';

/** `size` examples as the data contract says: words that the vocabulary has, every class, everything else at random. */
export function syntheticExamples({ data }: Pick<ModelSpec, 'data'>, size: number): Examples {
  const random = createRandom(1);
  const inputShape = inputShapeOf(data);
  const length = size * inputShape.reduce((a, b) => a * b, 1);
  const inputs = data.kind === 'text' ? Int32Array.from({ length }, () => random.int(data.vocabulary.length + 2)) : Float32Array.from({ length }, () => random.next());
  const classes = classesOf(data);
  const labels = classes === null ? Float32Array.from({ length: size }, () => random.normal()) : Int32Array.from({ length: size }, (_, i) => i % classes.length);
  return { size, inputs, inputShape, scale: 1, labels, labelShape: classes === null ? [1] : [] };
}
