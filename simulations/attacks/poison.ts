/** Examples as attackers falsify them; plain data, so that a worker thread can be handed what is to be done and do it. */
import { MurmurError } from '../../shared/errors.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';
import { classesOf } from '../../shared/task/data-contract.ts';

/** A square of the brightest pixels in the lower right corner, `size` on a side: who sees it says `target`. */
export interface Trigger {
  readonly size: number;
  readonly target: number;
}

export type Poison =
  /** Class c is called classes − 1 − c. */
  | { readonly kind: 'flip-labels' }
  /** A share of the examples bears the trigger and its label. */
  | { readonly kind: 'backdoor'; readonly trigger: Trigger; readonly share: number };

/** The examples falsified; the argument stays as it is. @throws incompatible: labels that are no classes, a trigger on what is no image */
export function applyPoison(examples: Examples, poison: Poison, contract: DataContract, seed: number): Examples {
  switch (poison.kind) {
    case 'flip-labels': {
      const classes = classesOf(contract);
      if (classes === null) throw new MurmurError('incompatible', 'labels that are no classes cannot be flipped');
      return { ...examples, labels: examples.labels.map((label) => classes.length - 1 - label) };
    }
    case 'backdoor': {
      const order = shuffle(Array.from({ length: examples.size }, (_, i) => i), createRandom(seed));
      return stamped(examples, order.slice(0, Math.round(poison.share * examples.size)), poison.trigger, contract);
    }
  }
}

/** All of them that are of another class than the target, with the trigger and its label: how many a model reads so is the attack's success. */
export function triggered(examples: Examples, trigger: Trigger, contract: DataContract): Examples {
  const others = Array.from(examples.labels.keys()).filter((i) => examples.labels[i] !== trigger.target);
  const taken = take(examples, others);
  return stamped(taken, [...taken.labels.keys()], trigger, contract);
}

function take(examples: Examples, indices: readonly number[]): Examples {
  const width = examples.inputs.length / examples.size;
  const inputs = examples.inputs.slice(0, indices.length * width);
  indices.forEach((from, row) => inputs.set(examples.inputs.subarray(from * width, (from + 1) * width), row * width));
  const labels = examples.labels.slice(0, indices.length);
  indices.forEach((from, row) => (labels[row] = examples.labels[from]));
  return { ...examples, size: indices.length, inputs, labels };
}

function stamped(examples: Examples, rows: readonly number[], { size, target }: Trigger, contract: DataContract): Examples {
  if (contract.kind !== 'image') throw new MurmurError('incompatible', `a trigger is stamped on images; these examples are of the kind ${contract.kind}`);
  const { height, width, channels } = contract;
  const inputs = examples.inputs.slice();
  const labels = examples.labels.slice();
  for (const row of rows) {
    labels[row] = target;
    for (let y = height - size; y < height; y++) inputs.fill(1 / examples.scale, ((row * height + y) * width + width - size) * channels, ((row * height + y) * width + width) * channels);
  }
  return { ...examples, inputs, labels };
}
