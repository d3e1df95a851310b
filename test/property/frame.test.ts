import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMurmurError } from '../../shared/errors.ts';
import { decodeFrame, encodeFrame } from '../../shared/protocol/frame.ts';
import { dtypeOf } from '../../shared/tensors/dtypes.ts';

const values = fc.oneof(fc.float32Array({ maxLength: 20 }), fc.float64Array({ maxLength: 20 }), fc.int32Array({ maxLength: 20 }), fc.int8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }));
const tensors = fc
  .uniqueArray(fc.tuple(fc.string({ maxLength: 12 }), values), { selector: ([name]) => name, maxLength: 6 })
  .map((list) => list.map(([name, data]) => ({ name, dtype: dtypeOf(data), shape: [data.length], values: data })));
const frames = fc.record({ kind: fc.string({ minLength: 1, maxLength: 10 }), meta: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(fc.integer(), fc.string(), fc.boolean())), tensors });

const bits = (data: ArrayBufferView): number[] => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];

describe('any tensor frame', () => {
  it('comes back bit by bit, wherever it lies in its buffer', () => {
    fc.assert(
      fc.property(frames, fc.nat(15), (frame, shift) => {
        const encoded = encodeFrame(frame);
        const moved = new Uint8Array(encoded.length + shift).subarray(shift);
        moved.set(encoded);
        const decoded = decodeFrame(moved);
        expect(decoded.kind).toBe(frame.kind);
        expect({ ...decoded.meta }).toEqual({ ...frame.meta });
        expect(decoded.tensors.map((t) => [t.name, t.dtype, t.shape, bits(t.values)])).toEqual(frame.tensors.map((t) => [t.name, t.dtype, t.shape, bits(t.values)]));
        expect(decoded.copied).toBe(shift % 8 !== 0);
      }),
    );
  });

  it('with bytes changed is decoded or refused by a code, and nothing else is ever thrown', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(), (frame, changes, cut) => {
        const bytes = encodeFrame(frame);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        try {
          decodeFrame(bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0)));
        } catch (error) {
          if (!isMurmurError(error, 'bad_frame') && !isMurmurError(error, 'unsupported_version')) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of random bytes is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(() => decodeFrame(bytes)).toThrow(expect.objectContaining({ name: 'MurmurError' }));
      }),
    );
  });
});
