import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EncodedField } from '../../shared/compression/codec.ts';
import { decodeIndices, encodeIndices } from '../../shared/compression/index-set.ts';
import { int8 } from '../../shared/compression/int8.ts';
import { largest } from '../../shared/compression/largest.ts';
import { randomK } from '../../shared/compression/random-k.ts';
import { CODECS, CodecSpec } from '../../shared/compression/registry.ts';
import { topK } from '../../shared/compression/top-k.ts';
import { isMurmurError } from '../../shared/errors.ts';
import { createRandom } from '../../shared/random.ts';
import type { NamedTensor } from '../../shared/tensors/dtypes.ts';

const values = fc.array(fc.oneof(fc.float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 }), fc.constantFrom(0, -0, 1, -1, 2 ** -149)), { minLength: 1, maxLength: 700 }).map((numbers) => Float32Array.from(numbers));

describe('indices', () => {
  it('come back as they were, in no more bytes than a bitmap', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), fc.array(fc.nat()), (size, drawn) => {
      const indices = Int32Array.from(new Set(drawn.map((one) => one % size))).sort();
      const encoded = encodeIndices(indices, size);
      expect(encoded.values.length).toBeLessThanOrEqual(Math.ceil(size / 8));
      expect(decodeIndices(encoded, indices.length, size)).toEqual(indices);
    }));
  });

  it('of whatever bytes are growing ones below the size, or refused', () => {
    fc.assert(fc.property(fc.constantFrom('steps', 'bitmap'), fc.uint8Array({ maxLength: 40 }), fc.nat(60), fc.integer({ min: 1, max: 320 }), (name, bytes, count, size) => {
      try {
        const indices = decodeIndices({ name, dtype: 'uint8', shape: [bytes.length], values: bytes }, count, size);
        expect(indices).toHaveLength(count);
        indices.forEach((index, i) => expect(index < size && (i === 0 ? index >= 0 : index > indices[i - 1])).toBe(true));
      } catch (thrown) {
        if (!isMurmurError(thrown, 'bad_frame')) throw thrown;
      }
    }), { numRuns: 2000 });
  });

  it.each([[[0x80, 0x00], 1, 9], [[0x80], 1, 9], [[9], 1, 9], [[1, 1, 1], 2, 9], [[1], 2, 9], [[0xff, 0xff, 0xff, 0xff, 0xff, 1], 1, 9]])('%j are not %i of %i', (bytes, count, size) => {
    expect(() => decodeIndices({ name: 'steps', dtype: 'uint8', shape: [bytes.length], values: Uint8Array.from(bytes) }, count, size)).toThrow('growing indices');
  });
});

it('the largest magnitudes are those that sorting finds, of equal ones the first', () => {
  fc.assert(fc.property(values, fc.nat(720), (all, k) => {
    const sorted = [...all.keys()].sort((a, b) => Math.abs(all[b]) - Math.abs(all[a]) || a - b).slice(0, k).sort((a, b) => a - b);
    expect([...largest(all, k)]).toEqual(sorted);
  }));
});

describe.each(CODECS.map((codec) => [codec.name, codec] as const))('%s', (name, codec) => {
  const config = CodecSpec.parse({ name });

  it('gives the same for the same, keeps the size, and refuses what is not its own', () => {
    fc.assert(fc.property(values, fc.integer(), (all, seed) => {
      const encoded = codec.encode(all, config, createRandom(seed));
      const decoded = codec.decode(encoded);
      expect(decoded).toHaveLength(all.length);
      expect(codec.decode(codec.encode(all, config, createRandom(seed)))).toEqual(decoded);
      const refused = (changed: Partial<EncodedField>): boolean => {
        try {
          return codec.decode({ ...encoded, ...changed }).length < 0;
        } catch (thrown) {
          return isMurmurError(thrown, 'bad_frame');
        }
      };
      expect(refused({ parts: encoded.parts.slice(1) })).toBe(true);
      expect(refused({ parts: [...encoded.parts, { name: 'more', dtype: 'uint8', shape: [0], values: new Uint8Array() }] })).toBe(true);
      expect(refused({ parts: encoded.parts.map((part): NamedTensor => ({ ...part, dtype: 'float64', values: new Float64Array(part.values.length) })) })).toBe(true);
      expect(refused({ size: 0 })).toBe(true);
    }), { numRuns: 50 });
  });
});

it('top-k and random-k keep what they keep to the bit, and nothing else', () => {
  const all = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) * i);
  const kept = [topK.decode(topK.encode(all, { name: 'top-k', fraction: 0.1 })), randomK.decode(randomK.encode(all, { name: 'random-k', fraction: 0.1 }, createRandom(2)))];
  for (const decoded of kept) {
    expect(decoded.filter((value) => value !== 0).length).toBeGreaterThanOrEqual(99);
    decoded.forEach((value, i) => expect(value === 0 || value === all[i]).toBe(true));
  }
});

it('random-k takes every place as often: over 4000 seeds each of 20 about 4000 · 5 / 20 times', () => {
  const counts = new Float64Array(20);
  const all = new Float32Array(20).fill(1);
  for (let seed = 0; seed < 4000; seed++) randomK.decode(randomK.encode(all, { name: 'random-k', fraction: 0.25 }, createRandom(seed))).forEach((value, i) => (counts[i] += value));
  // Binomial, deviation 27.4; five of them, 20 places: 1e-5.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * 27.4);
});

it('int8 is right in the mean, and never off by a step or more', () => {
  const all = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i));
  const sum = new Float64Array(300);
  const step = 1 / 127;
  for (let seed = 0; seed < 400; seed++) {
    int8.decode(int8.encode(all, { name: 'int8' }, createRandom(seed))).forEach((value, i) => {
      expect(Math.abs(value - all[i])).toBeLessThan(step * 1.001);
      sum[i] += value;
    });
  }
  // A rounding deviates by half a step at the most; 400 of them by a fortieth; six deviations, 300 values: 6e-7.
  sum.forEach((total, i) => expect(Math.abs(total / 400 - all[i])).toBeLessThan((6 * step) / 40));
});
