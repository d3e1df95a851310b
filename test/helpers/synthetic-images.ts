/** Small images of which a model can learn the class: a bright bar whose row tells it, on noise. */
import type { Examples } from '../../shared/model/examples.ts';
import { createRandom } from '../../shared/random.ts';

export interface SyntheticImagesOptions {
  readonly examples: number;
  readonly classes: number;
  readonly height?: number;
  readonly width?: number;
  readonly flat?: boolean;
  readonly seed: number;
}

/** Bytes [examples, height, width, 1]; example i is of class i mod classes, drawn in row `class · height / classes`. */
export function syntheticImages({ examples, classes, height = 8, width = 8, flat = false, seed }: SyntheticImagesOptions): Examples {
  const random = createRandom(seed);
  const inputs = new Uint8Array(examples * height * width);
  const labels = new Int32Array(examples);
  for (let i = 0; i < examples; i++) {
    labels[i] = i % classes;
    const bar = Math.floor((labels[i] * height) / classes);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) inputs[(i * height + y) * width + x] = (y === bar ? 190 : 0) + random.int(60);
    }
  }
  return { size: examples, inputs, inputShape: flat ? [height * width] : [height, width, 1], scale: 1 / 255, labels, labelShape: [] };
}
