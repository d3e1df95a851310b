import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMurmurError } from '../../shared/errors.ts';
import { dtypeOf } from '../../shared/tensors/dtypes.ts';
import { decodeSafetensors, encodeSafetensors, type Safetensors } from '../../shared/tensors/safetensors.ts';

const values = fc.oneof(fc.float32Array({ maxLength: 12 }), fc.float64Array({ maxLength: 12 }), fc.int32Array({ maxLength: 12 }), fc.int8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 12 }));
const files: fc.Arbitrary<Safetensors> = fc.record({
  tensors: fc
    .uniqueArray(fc.tuple(fc.string({ maxLength: 10 }), values), { selector: ([name]) => name, maxLength: 6 })
    .map((list) => list.map(([name, data]) => ({ name, dtype: dtypeOf(data), shape: data.length % 2 === 0 ? [2, data.length / 2] : [data.length], values: data }))),
  metadata: fc.dictionary(fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'), fc.string({ maxLength: 8 }), { noNullPrototype: true }),
});
const bits = (data: ArrayBufferView): number[] => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
const plain = ({ tensors, metadata }: Safetensors): unknown => ({ metadata, tensors: tensors.map((t) => [t.name, t.dtype, t.shape, bits(t.values)]).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)) });

describe('any safetensors file', () => {
  it('comes back bit by bit, wherever it lies in its buffer, and is written the same again', () => {
    fc.assert(
      fc.property(files, fc.nat(15), (file, shift) => {
        const encoded = encodeSafetensors(file);
        expect((new DataView(encoded.buffer).getUint32(0, true) + 8) % 8).toBe(0);
        const moved = new Uint8Array(encoded.length + shift).subarray(shift);
        moved.set(encoded);
        const decoded = decodeSafetensors(moved);
        expect(plain(decoded)).toEqual(plain(file));
        // Empty tensors share a place, so their order among themselves is not in the file.
        if (file.tensors.every((tensor) => tensor.values.length > 0)) expect(encodeSafetensors(decoded)).toEqual(encoded);
      }),
    );
  });

  it('with bytes changed is decoded or refused as bad_frame, and nothing else is ever thrown', () => {
    fc.assert(
      fc.property(files, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(), (file, changes, cut) => {
        const bytes = encodeSafetensors(file);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        try {
          decodeSafetensors(bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0)));
        } catch (error) {
          if (!isMurmurError(error, 'bad_frame')) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
