/** Two parts of a model's weights, as flat vectors of their own: what edges share, and what stays with each of them. */
import { MurmurError } from '../errors.ts';
import type { Layout, TensorPlace } from './layout.ts';

export interface Part {
  readonly tensors: readonly TensorPlace[];
  /** Elements in all. */
  readonly size: number;
  /** A copy of the part out of a whole vector, layout.size values. */
  take(whole: Float32Array): Float32Array;
  /** Writes the part into a whole vector. @throws bad_layout where it has not `size` values */
  put(part: ArrayLike<number>, whole: Float32Array): void;
}

export interface Parts {
  readonly shared: Part;
  readonly kept: Part;
}

/** The layer that a weight belongs to, by its name `layer/weight`. */
export const layerOf = ({ name }: Pick<TensorPlace, 'name'>): string => name.slice(0, Math.max(0, name.lastIndexOf('/'))) || name;

export function splitLayout({ tensors }: Layout, stays: (tensor: TensorPlace) => boolean): Parts {
  return { shared: partOf(tensors.filter((tensor) => !stays(tensor))), kept: partOf(tensors.filter(stays)) };
}

function partOf(tensors: readonly TensorPlace[]): Part {
  const size = tensors.reduce((sum, tensor) => sum + tensor.size, 0);
  return {
    tensors, size,
    take(whole) {
      const part = new Float32Array(size);
      let at = 0;
      for (const tensor of tensors) {
        part.set(whole.subarray(tensor.offset, tensor.offset + tensor.size), at);
        at += tensor.size;
      }
      return part;
    },
    put(part, whole) {
      if (part.length !== size) throw new MurmurError('bad_layout', `this part of the model has ${size} weights, not ${part.length}`);
      let at = 0;
      for (const { offset, size: length } of tensors) for (let i = 0; i < length; i++) whole[offset + i] = part[at++];
    },
  };
}
