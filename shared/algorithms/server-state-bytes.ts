/**
 * An algorithm's server state in bytes (safetensors), bits kept. The weights are not in it: they are the
 * version's checkpoint, stored already; so a state without vectors costs some hundred bytes, not the model once more.
 */
import { MurmurError } from '../errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../tensors/safetensors.ts';
import type { ServerState } from './algorithm.ts';

const VECTOR = 'vector/';
const NUMBER = 'number/';

export function encodeServerState({ vectors, numbers }: ServerState): Uint8Array {
  const tensors = [
    // As float64 tensors, not as text: infinities and −0 are numbers, too.
    ...Object.keys(numbers).sort().map((name) => ({ name: NUMBER + name, dtype: 'float64' as const, shape: [], values: Float64Array.of(numbers[name]) })),
    ...Object.keys(vectors).sort().map((name) => ({ name: VECTOR + name, dtype: 'float32' as const, shape: [vectors[name].length], values: vectors[name] })),
  ];
  return encodeSafetensors({ tensors, metadata: { format: 'murmuration-server-state' } });
}

/** @param parameters the weights of the same version: its checkpoint's values. @throws bad_frame */
export function decodeServerState(bytes: Uint8Array, parameters: Float32Array): ServerState {
  const vectors: [string, Float32Array][] = [];
  const numbers: [string, number][] = [];
  for (const { name, values } of decodeSafetensors(bytes).tensors) {
    if (name.startsWith(VECTOR) && values instanceof Float32Array) vectors.push([name.slice(VECTOR.length), values]);
    else if (name.startsWith(NUMBER) && values instanceof Float64Array && values.length === 1) numbers.push([name.slice(NUMBER.length), values[0]]);
    else throw new MurmurError('bad_frame', `the server state holds ${JSON.stringify(name)}, which is neither a vector nor a number of one`);
  }
  return { parameters, vectors: Object.fromEntries(vectors), numbers: Object.fromEntries(numbers) };
}
