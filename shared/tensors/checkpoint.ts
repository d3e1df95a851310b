/**
 * What is stored of one model version, as safetensors: its checkpoint (the weights, which Python's own
 * library opens), and beside it the rest of the algorithm's server state.
 */
import type { ServerState } from '../algorithms/algorithm.ts';
import { MurmurError } from '../errors.ts';
import { createLayout, createParameters, type Layout, type Parameters } from './layout.ts';
import type { NamedTensor } from './dtypes.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsMetadata } from './safetensors.ts';

const VECTOR = 'vector/';
const NUMBER = 'number/';
const WIDE = 'wide/';

/** The body is the flat vector as it lies. Equal input gives equal bytes, and so the same digest. */
export function encodeCheckpoint({ layout, values }: Parameters, metadata: SafetensorsMetadata = {}): Uint8Array {
  createParameters(layout, values); // the sizes must agree
  const tensors = layout.tensors.map(({ name, shape, offset, size }) => ({ name, dtype: 'float32' as const, shape, values: values.subarray(offset, offset + size) }));
  return encodeSafetensors({ tensors, metadata: { format: 'murmuration', ...metadata } });
}

export interface Checkpoint {
  /** `values` is a view of the bytes given where alignment allows (always, for what `encodeCheckpoint` wrote). */
  readonly parameters: Parameters;
  readonly metadata: SafetensorsMetadata;
}

/**
 * @param layout what the checkpoint must have; left out, its own is taken.
 * @throws bad_frame: no safetensors, or not all float32; bad_layout: another layout than asked for, named.
 */
export function decodeCheckpoint(bytes: Uint8Array, layout?: Layout): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const other = tensors.find(({ dtype }) => dtype !== 'float32');
  if (other) throw new MurmurError('bad_frame', `tensor ${JSON.stringify(other.name)} of the checkpoint is ${other.dtype}; weights are float32`);
  const found = layout !== undefined && isLaidOutAs(layout, tensors) ? layout : createLayout(tensors);
  if (layout !== undefined && layout.digest !== found.digest) throw new MurmurError('bad_layout', `the checkpoint is of another model: ${firstDifference(layout, found)}`);
  const first = tensors[0]?.values as Float32Array | undefined;
  // The tensors lie one behind the other in one buffer, so that one view is the whole vector.
  const values = first === undefined ? new Float32Array(0) : new Float32Array(first.buffer, first.byteOffset, found.size);
  return { parameters: createParameters(layout ?? found, values), metadata };
}

/** Seen at a glance, without a digest over all names. */
function isLaidOutAs({ tensors }: Layout, found: readonly NamedTensor[]): boolean {
  return tensors.length === found.length && tensors.every(({ name, shape }, i) => found[i].name === name && found[i].shape.length === shape.length && shape.every((dimension, axis) => found[i].shape[axis] === dimension));
}

function firstDifference(wanted: Layout, found: Layout): string {
  const describe = (layout: Layout, i: number): string => {
    const tensor = layout.tensors.at(i);
    return tensor === undefined ? 'nothing' : `${tensor.name} [${tensor.shape.join(', ')}]`;
  };
  const length = Math.max(wanted.tensors.length, found.tensors.length);
  for (let i = 0; i < length; i++) {
    if (describe(wanted, i) !== describe(found, i)) return `tensor ${i} is ${describe(found, i)} where ${describe(wanted, i)} is asked for`;
  }
  return 'their layouts differ';
}

/**
 * A server state in bytes, bits kept, its weights apart: those are the version's checkpoint, stored already.
 * So a state without vectors costs some hundred bytes, not the model once more.
 */
export function encodeServerState({ vectors, numbers, wide = {} }: ServerState): Uint8Array {
  const tensors = [
    // As float64 tensors, not as text: infinities and −0 are numbers, too.
    ...Object.keys(numbers).sort().map((name) => ({ name: NUMBER + name, dtype: 'float64' as const, shape: [], values: Float64Array.of(numbers[name]) })),
    ...Object.keys(vectors).sort().map((name) => ({ name: VECTOR + name, dtype: 'float32' as const, shape: [vectors[name].length], values: vectors[name] })),
    ...Object.keys(wide).sort().map((name) => ({ name: WIDE + name, dtype: 'float64' as const, shape: [wide[name].length], values: wide[name] })),
  ];
  return encodeSafetensors({ tensors, metadata: { format: 'murmuration-server-state' } });
}

/** @param parameters the weights of the same version: its checkpoint's `parameters.values`. @throws bad_frame */
export function decodeServerState(bytes: Uint8Array, parameters: Float32Array): ServerState {
  const vectors: [string, Float32Array][] = [];
  const numbers: [string, number][] = [];
  const wide: [string, Float64Array][] = [];
  for (const { name, values } of decodeSafetensors(bytes).tensors) {
    if (name.startsWith(VECTOR) && values instanceof Float32Array) vectors.push([name.slice(VECTOR.length), values]);
    else if (name.startsWith(NUMBER) && values instanceof Float64Array && values.length === 1) numbers.push([name.slice(NUMBER.length), values[0]]);
    else if (name.startsWith(WIDE) && values instanceof Float64Array) wide.push([name.slice(WIDE.length), values]);
    else throw new MurmurError('bad_frame', `the server state holds ${JSON.stringify(name)}, which is neither a vector nor a number of one`);
  }
  return { parameters, vectors: Object.fromEntries(vectors), numbers: Object.fromEntries(numbers), ...(wide.length === 0 ? {} : { wide: Object.fromEntries(wide) }) };
}
