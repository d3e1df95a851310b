/** Where each tensor of a model lies in one flat vector: the shape that parameters have everywhere in the project. */
import { sha256Hex } from '#platform/crypto';
import { asDigest, type Digest } from '../ids.ts';
import { MurmurError } from '../errors.ts';

export interface TensorPlace {
  readonly name: string;
  readonly shape: readonly number[];
  /** First element, counted in elements from the start of the vector. */
  readonly offset: number;
  /** Number of elements; 1 for a scalar. */
  readonly size: number;
}

export interface Layout {
  readonly tensors: readonly TensorPlace[];
  /** Elements in all. */
  readonly size: number;
  /** SHA-256 over names and shapes in order: two layouts are the same exactly when their digests are. */
  readonly digest: Digest;
}

/** All weights of a model: float32, one vector, `values.length === layout.size`. */
export interface Parameters {
  readonly layout: Layout;
  readonly values: Float32Array;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** @throws bad_layout for a repeated name or a dimension that is no positive integer. */
export function createLayout(tensors: readonly { readonly name: string; readonly shape: readonly number[] }[]): Layout {
  const names = new Set<string>();
  const places: TensorPlace[] = [];
  let offset = 0;
  for (const { name, shape } of tensors) {
    if (names.has(name)) throw new MurmurError('bad_layout', `two tensors are named ${name}`);
    const wrong = shape.find((dimension) => !Number.isSafeInteger(dimension) || dimension < 1);
    if (wrong !== undefined) throw new MurmurError('bad_layout', `tensor ${name} has a dimension ${wrong}; dimensions are positive integers`);
    names.add(name);
    const size = sizeOf(shape);
    places.push({ name, shape: [...shape], offset, size });
    offset += size;
  }
  const text = JSON.stringify(places.map(({ name, shape }) => [name, shape]));
  return { tensors: places, size: offset, digest: asDigest(sha256Hex(new TextEncoder().encode(text))) };
}

/** @throws bad_layout when the vector does not have the layout's size. */
export function createParameters(layout: Layout, values: Float32Array): Parameters {
  if (values.length !== layout.size) {
    throw new MurmurError('bad_layout', `the vector has ${values.length} values, the layout asks for ${layout.size}`);
  }
  return { layout, values };
}

/** One tensor of the vector, as a view; no copy. */
export function tensorAt(parameters: Parameters, name: string): Float32Array {
  const place = parameters.layout.tensors.find((tensor) => tensor.name === name);
  if (!place) throw new MurmurError('bad_layout', `no tensor is named ${name}`);
  return parameters.values.subarray(place.offset, place.offset + place.size);
}
