/** What is done to a client's examples, as plain data that a worker thread can be handed and apply itself. */
import { MurmurError } from '../../shared/errors.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import type { DataContract, ImageContract } from '../../shared/task/data-contract.ts';

export type ExampleTransform =
  /** Images turned about their middle, counter-clockwise; what comes in from outside is 0. */
  | { readonly kind: 'rotate'; readonly degrees: number }
  /** Gaussian noise, its deviation in units of what the model sees (`inputs · scale`). */
  | { readonly kind: 'noise'; readonly deviation: number; readonly seed: number }
  /** Labels dealt out anew among the examples. */
  | { readonly kind: 'shuffle-labels'; readonly seed: number };

/**
 * The examples transformed; what is not changed is shared with the argument, which stays as it is. Turned images keep their dtype;
 * noise makes float32 of bytes, and clips nothing: it has the deviation asked for on black, too.
 * @throws incompatible for turning what is no image, and for noise on indices of words.
 */
export function applyTransform(examples: Examples, transform: ExampleTransform, contract: DataContract): Examples {
  switch (transform.kind) {
    case 'rotate':
      if (contract.kind !== 'image') throw new MurmurError('incompatible', `only images can be turned; these examples are of the kind ${contract.kind}: take noise`);
      return { ...examples, inputs: rotate(examples.inputs, transform.degrees, contract) };
    case 'noise':
      if (contract.kind === 'text') throw new MurmurError('incompatible', 'words are no quantities that noise could be added to');
      return { ...examples, inputs: addNoise(examples, transform) };
    case 'shuffle-labels':
      return { ...examples, labels: shuffleLabels(examples, transform.seed) };
  }
}

/** Whole labels, also where one is several numbers. */
function shuffleLabels({ labels, labelShape, size }: Examples, seed: number): Examples['labels'] {
  const width = labelShape.reduce((product, dimension) => product * dimension, 1);
  const order = shuffle(Array.from({ length: size }, (_, i) => i), createRandom(seed));
  return labels.map((_: number, at: number) => labels[order[Math.floor(at / width)] * width + (at % width)]);
}

function addNoise({ inputs, scale }: Examples, { deviation, seed }: { readonly deviation: number; readonly seed: number }): Float32Array {
  const random = createRandom(seed);
  const unscaled = deviation / scale;
  const noisy = new Float32Array(inputs.length);
  // Box–Muller gives two at a time; a client's images are half a million values.
  for (let i = 0; i < inputs.length; i += 2) {
    const radius = unscaled * Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    noisy[i] = inputs[i] + radius * Math.cos(angle);
    if (i + 1 < inputs.length) noisy[i + 1] = inputs[i + 1] + radius * Math.sin(angle);
  }
  return noisy;
}

/** Bilinear: each pixel is the mean of the four around the place that it comes from, by nearness. */
function rotate(inputs: Examples['inputs'], degrees: number, { height, width, channels }: ImageContract): Examples['inputs'] {
  const { from, share } = sources(degrees, height, width);
  const pixels = height * width;
  const whole = !(inputs instanceof Float32Array);
  const turned = new (inputs.constructor as new (length: number) => Examples['inputs'])(inputs.length);
  for (let start = 0; start < inputs.length; start += pixels * channels) {
    for (let channel = start; channel < start + channels; channel++) {
      for (let pixel = 0, at = 0; pixel < pixels; pixel++, at += 4) {
        const value =
          share[at] * inputs[channel + from[at] * channels] + share[at + 1] * inputs[channel + from[at + 1] * channels] +
          share[at + 2] * inputs[channel + from[at + 2] * channels] + share[at + 3] * inputs[channel + from[at + 3] * channels];
        turned[channel + pixel * channels] = whole ? Math.round(value) : value;
      }
    }
  }
  return turned;
}

/** For each pixel the four that it is made of, and how much each gives; those outside give 0. Worked out once for all images of a client. */
function sources(degrees: number, height: number, width: number): { readonly from: Int32Array; readonly share: Float64Array } {
  const from = new Int32Array(4 * height * width);
  const share = new Float64Array(4 * height * width);
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Rows run downwards: what a counter-clockwise turn brings to the right came from below.
      const sourceX = middleX + (x - middleX) * cos - (y - middleY) * sin;
      const sourceY = middleY + (x - middleX) * sin + (y - middleY) * cos;
      const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
      for (let corner = 0; corner < 4; corner++) {
        const [cornerX, cornerY] = [left + (corner & 1), top + (corner >> 1)];
        if (cornerX < 0 || cornerX >= width || cornerY < 0 || cornerY >= height) continue;
        const at = 4 * (y * width + x) + corner;
        from[at] = cornerY * width + cornerX;
        share[at] = (1 - Math.abs(sourceX - cornerX)) * (1 - Math.abs(sourceY - cornerY));
      }
    }
  }
  return { from, share };
}
