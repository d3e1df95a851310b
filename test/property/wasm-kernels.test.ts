/** Our kernels for the wasm backend, against the plain `cpu` backend over random shapes. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { createRandom } from '../../shared/random.ts';
import { expectSame, randomFloats, runKernel, type Input } from '../helpers/wasm-kernels.ts';

const RUNS = { numRuns: 200, seed: 42 };

beforeAll(async () => {
  await prepareBackend('cpu');
  await prepareBackend('wasm');
});

describe('kernels of the wasm backend', () => {
  it('UnsortedSegmentSum', () => {
    fc.assert(
      fc.property(
        fc.record({ rows: fc.integer({ min: 1, max: 20 }), inner: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }), segments: fc.integer({ min: 1, max: 8 }), seed: fc.integer() }),
        ({ rows, inner, segments, seed }) => {
          const random = createRandom(seed);
          // From −1 to one beyond the last: those out of range count nowhere.
          const segmentIds: Input = { shape: [rows], values: Int32Array.from({ length: rows }, () => random.int(segments + 2) - 1) };
          expectSame('UnsortedSegmentSum', { x: randomFloats([rows, ...inner], seed), segmentIds }, { numSegments: segments });
        },
      ),
      RUNS,
    );
  });

  it('Einsum', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('ij,jk->ik', 'ij,jk->ki', 'ij,kj->ik', 'ji,jk->ik', 'ij,jk->ijk', 'bij,bjk->ibk', 'bij,bjk->bik', 'ij,ij->', 'ij,ij->i', 'i,j->ij', 'ij->ji', 'ij->i', 'ijk->', 'abc,cd->abd', 'aecd,abcd->acbe', 'acbe,aecd->abcd', 'abc,cde->abde', 'bhwc,hkc->bkw'),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 10, maxLength: 10 }),
        fc.integer(),
        (equation, dimensions, seed) => {
          const terms = equation.split('->')[0].split(',');
          const sizes: Record<string, number> = Object.fromEntries([...'abcdehijkw'].map((letter, i) => [letter, dimensions[i]]));
          const inputs = terms.map((term, i) => randomFloats([...term].map((letter) => sizes[letter]), seed + i));
          expectSame('Einsum', inputs, { equation });
        },
      ),
      RUNS,
    );
  });

  // Which the cpu backend gets wrong.
  it('Einsum over a dimension that one tensor alone has', () => {
    const a: Input = { shape: [1, 2], values: Float32Array.of(2, 3) };
    const b: Input = { shape: [2], values: Float32Array.of(5, 7) };
    expect(runKernel('wasm', 'Einsum', [a, b], { equation: 'ij,k->k' })).toEqual({ shape: [2], values: [25, 35] });
  });

  it('GatherV2, along any axis', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 2 }), fc.nat(3), fc.integer(), (shape, indexShape, axisDraw, seed) => {
        const axis = axisDraw % shape.length;
        const random = createRandom(seed);
        const indices: Input = { shape: indexShape, values: Int32Array.from({ length: indexShape.reduce((a, b) => a * b, 1) }, () => random.int(shape[axis])) };
        expectSame('GatherV2', { x: randomFloats(shape, seed), indices }, { axis, batchDims: 0 });
      }),
      RUNS,
    );
  });

  it('GatherV2 refuses an index out of range, and leaves nothing', () => {
    useBackend('wasm');
    const x = tf.ones([3, 2]);
    const indices = tf.tensor1d([0, 3], 'int32');
    const before = tf.memory();
    expect(() => tf.gather(x, indices)).toThrow(/index 3 is not in \[0, 2\]/);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    tf.dispose([x, indices]);
  });

  it('Tile, along any axes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 4 }), fc.boolean(), fc.integer(), (axes, ints, seed) => {
        const x = randomFloats(axes.map(([size]) => size), seed);
        expectSame('Tile', { x: ints ? { ...x, values: Int32Array.from(x.values, (value) => 1000 * value) } : x }, { reps: axes.map(([, times]) => times) });
      }),
      RUNS,
    );
  });

  it('SplitV and Unpack, along any axis', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.nat(), fc.nat(), fc.boolean(), fc.integer(), (shape, axisDraw, cut, ints, seed) => {
        const axis = axisDraw % shape.length;
        const first = cut % (shape[axis] + 1);
        const { values } = randomFloats(shape, seed);
        const [expected, actual] = (['cpu', 'wasm'] as const).map((backend) => {
          useBackend(backend);
          const before = [tf.memory().numTensors, tf.backend().numDataIds()];
          const found = tf.tidy(() => {
            const x = tf.tensor(ints ? Int32Array.from(values, (value) => 1000 * value) : values.slice(), shape, ints ? 'int32' : 'float32');
            const halves = first > 0 && first < shape[axis] ? tf.split(x, [first, shape[axis] - first], axis) : tf.split(x, 1, axis);
            return [...halves, ...tf.unstack(x, axis - shape.length)].map((part) => ({ shape: part.shape, dtype: part.dtype, values: [...part.dataSync()] }));
          });
          expect([tf.memory().numTensors, tf.backend().numDataIds()]).toEqual(before);
          return found;
        });
        expect(actual).toEqual(expected);
      }),
      RUNS,
    );
  });

  it('Slice, in one piece or several', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(), fc.nat()), { minLength: 1, maxLength: 5 }), fc.integer(), (dimensions, seed) => {
        const shape = dimensions.map(([size]) => size);
        const begin = dimensions.map(([size, from]) => from % size);
        const size = dimensions.map(([whole, , to], i) => 1 + (to % (whole - begin[i])));
        expectSame('Slice', { x: randomFloats(shape, seed) }, { begin, size });
      }),
      RUNS,
    );
  });
});
