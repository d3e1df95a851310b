/** Growing indices in few bytes: the steps between them as varints (seven bits a byte, the lowest first), or a bit for each place, whichever is shorter. */
import { MurmurError } from '../errors.ts';
import type { NamedTensor } from '../tensors/dtypes.ts';

/** @param indices strictly growing, below `size` */
export function encodeIndices(indices: Int32Array, size: number): NamedTensor {
  const mapBytes = Math.ceil(size / 8);
  const steps = new Uint8Array(mapBytes + 5);
  let length = 0;
  let previous = -1;
  for (const index of indices) {
    let step = index - previous - 1;
    previous = index;
    for (; step >= 0x80; step >>>= 7) steps[length++] = (step & 0x7f) | 0x80;
    steps[length++] = step;
    if (length >= mapBytes) return bitmapOf(indices, mapBytes);
  }
  return { name: 'steps', dtype: 'uint8', shape: [length], values: steps.slice(0, length) };
}

function bitmapOf(indices: Int32Array, bytes: number): NamedTensor {
  const map = new Uint8Array(bytes);
  for (const index of indices) map[index >> 3] |= 1 << (index & 7);
  return { name: 'bitmap', dtype: 'uint8', shape: [bytes], values: map };
}

/** @throws bad_frame: not exactly so many growing indices below `size` */
export function decodeIndices({ name, values }: NamedTensor, count: number, size: number): Int32Array {
  if (!(values instanceof Uint8Array)) throw new MurmurError('bad_frame', `indices are bytes, not ${name}`);
  if (count > size) throw new MurmurError('bad_frame', `${count} indices below ${size} cannot all differ`);
  const indices = new Int32Array(count);
  const read = name === 'steps' ? readSteps(values, indices, size) : name === 'bitmap' && values.length === Math.ceil(size / 8) ? readBitmap(values, indices, size) : -1;
  if (read !== count) throw new MurmurError('bad_frame', `the ${values.length} bytes of ${name} are not those of ${count} growing indices below ${size}`);
  return indices;
}

/** @returns how many there are; -1: not such indices */
function readSteps(bytes: Uint8Array, into: Int32Array, size: number): number {
  let [read, index, step, factor] = [0, -1, 0, 1];
  for (const byte of bytes) {
    step += (byte & 0x7f) * factor;
    if (byte >= 0x80) {
      factor *= 0x80;
      if (factor > 2 ** 28) return -1;
      continue;
    }
    // A last byte of zero behind others would be a second way to write the same step.
    if (byte === 0 && factor > 1) return -1;
    index += step + 1;
    if (index >= size || read === into.length) return -1;
    into[read++] = index;
    [step, factor] = [0, 1];
  }
  return factor === 1 ? read : -1;
}

function readBitmap(bytes: Uint8Array, into: Int32Array, size: number): number {
  let read = 0;
  for (let at = 0; at < bytes.length; at++) {
    for (let bits = bytes[at]; bits !== 0; bits &= bits - 1) {
      const index = 8 * at + 31 - Math.clz32(bits & -bits);
      if (index >= size || read === into.length) return -1;
      into[read++] = index;
    }
  }
  return read;
}
