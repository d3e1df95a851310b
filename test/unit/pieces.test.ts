import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { chunkAt, joined, lengthOf } from '../../shared/protocol/pieces.ts';

const KIB = 1024;
const piece = (bytes: number, from = 0): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => from + i);

describe('bytes in pieces', () => {
  it('are sent as views where they are large, and put together where they are small', () => {
    const [head, large, tail] = [piece(100), piece(100 * KIB), piece(8)];
    const pieces = [head, large, tail];
    const first = chunkAt(pieces, 0, 1024 * KIB);
    expect(first).toEqual(head);
    const second = chunkAt(pieces, 100, 64 * KIB);
    expect([second.buffer === large.buffer, second.byteOffset, second.byteLength]).toEqual([true, 0, 64 * KIB]);
    // What is left of a large one is a small one.
    const third = chunkAt(pieces, 100 + 64 * KIB, 64 * KIB);
    expect(third).toEqual(joined([large.subarray(64 * KIB), tail]));
    expect(chunkAt(pieces, lengthOf(pieces), 64 * KIB)).toHaveLength(0);
  });

  it('are the same bytes in chunks of any size, begun anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200 * KIB }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1000, max: 300 * KIB }), fc.double({ min: 0, max: 1, noNaN: true }), (lengths, most, begin) => {
        const pieces = lengths.map((length, i) => piece(length, i));
        const whole = joined(pieces);
        const start = Math.floor(begin * whole.byteLength);
        const chunks: Uint8Array[] = [];
        for (let offset = start; offset < whole.byteLength; offset += chunks[chunks.length - 1].byteLength) {
          const chunk = chunkAt(pieces, offset, most);
          expect(chunk.byteLength).toBeGreaterThan(0);
          expect(chunk.byteLength).toBeLessThanOrEqual(most);
          chunks.push(chunk);
        }
        expect(Buffer.compare(joined([...chunks, new Uint8Array(0)]), whole.subarray(start))).toBe(0);
      }),
      { numRuns: 40, seed: 1 },
    );
  });
});
