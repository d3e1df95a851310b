/** Our kernels for the wasm backend, against the plain `cpu` backend over random shapes. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';

const RUNS = { numRuns: 200, seed: 42 };

beforeAll(async () => {
  await prepareBackend('cpu');
  await prepareBackend('wasm');
});

interface Input {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

function randomFloats(shape: readonly number[], seed: number): Input {
  const random = createRandom(seed);
  return { shape, values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()) };
}

/** Runs one kernel by name on one backend. */
function runKernel(backend: BackendName, name: string, inputs: Record<string, Input> | readonly Input[], attrs: object): { shape: number[]; values: number[] } {
  useBackend(backend);
  const before = tf.memory().numTensors;
  const result = tf.tidy(() => {
    const upload = ({ shape, values }: Input): tf.Tensor => tf.tensor(values.slice(), [...shape], values instanceof Int32Array ? 'int32' : 'float32');
    const tensors = Array.isArray(inputs) ? (inputs as readonly Input[]).map(upload) : Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, upload(input)]));
    const output = tf.engine().runKernel<tf.Tensor>(name, tensors as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
    return { shape: output.shape, values: [...output.dataSync()] };
  });
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

function expectSame(name: string, inputs: Record<string, Input> | readonly Input[], attrs: object): void {
  const expected = runKernel('cpu', name, inputs, attrs);
  const actual = runKernel('wasm', name, inputs, attrs);
  expect(actual.shape).toEqual(expected.shape);
  expectClose(actual.values, expected.values);
}

/** Relative to the largest value: single ones may cancel to nearly nothing. */
function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(1, ...expected.map(Math.abs));
  actual.forEach((value, i) => {
    if (!(Math.abs(value - expected[i]) <= 1e-5 * size)) throw new Error(`value ${i} is ${value}, not ${expected[i]}`);
  });
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

const geometry = fc
  .record({
    batch: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    channels: fc.integer({ min: 1, max: 5 }),
    out: fc.integer({ min: 1, max: 5 }),
    filterHeight: fc.integer({ min: 1, max: 5 }),
    filterWidth: fc.integer({ min: 1, max: 5 }),
    strideHeight: fc.integer({ min: 1, max: 3 }),
    strideWidth: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    pad: fc.oneof(fc.constant('same' as const), fc.constant('valid' as const), fc.integer({ min: 0, max: 2 })),
    seed: fc.integer(),
  })
  // Where nothing is padded the filter must fit.
  .filter(({ pad, height, width, filterHeight, filterWidth, dilation }) => {
    const padding = typeof pad === 'number' ? 2 * pad : 0;
    return pad === 'same' || (height + padding >= (filterHeight - 1) * dilation + 1 && width + padding >= (filterWidth - 1) * dilation + 1);
  });
type Geometry = typeof geometry extends fc.Arbitrary<infer T> ? T : never;

function convCase(g: Geometry, depthwise: boolean, dilation: number): { x: Input; filterShape: number[]; dyShape: number[]; attrs: { strides: [number, number]; pad: 'same' | 'valid' | number; dilations: [number, number] } } {
  const strides: [number, number] = [g.strideHeight, g.strideWidth];
  const filterShape = [g.filterHeight, g.filterWidth, g.channels, g.out];
  const shape: [number, number, number, number] = [g.batch, g.height, g.width, g.channels];
  const info = tf.backend_util.computeConv2DInfo(shape, filterShape as [number, number, number, number], strides, dilation, g.pad, undefined, depthwise);
  return { x: randomFloats(shape, g.seed), filterShape, dyShape: info.outShape, attrs: { strides, pad: g.pad, dilations: [dilation, dilation] } };
}

describe('kernels of the wasm backend', () => {
  it('Conv2DBackpropFilter', () => {
    fc.assert(
      fc.property(geometry, (g) => {
        const { x, filterShape, dyShape, attrs } = convCase(g, false, 1);
        expectSame('Conv2DBackpropFilter', { x, dy: randomFloats(dyShape, g.seed + 1) }, { strides: attrs.strides, pad: attrs.pad, dataFormat: 'NHWC', dimRoundingMode: undefined, filterShape });
      }),
      RUNS,
    );
  });

  it('Conv2DBackpropInput', () => {
    fc.assert(
      fc.property(geometry, (g) => {
        const { x, filterShape, dyShape, attrs } = convCase(g, false, 1);
        expectSame('Conv2DBackpropInput', { dy: randomFloats(dyShape, g.seed + 1), filter: randomFloats(filterShape, g.seed + 2) }, { strides: attrs.strides, pad: attrs.pad, dataFormat: 'NHWC', dimRoundingMode: undefined, inputShape: x.shape });
      }),
      RUNS,
    );
  });

  it('Conv2DBackpropInput in several passes, where the patches are too many for one', () => {
    const filter = randomFloats([3, 3, 32, 2], 1);
    const dy = randomFloats([8, 64, 64, 2], 2);
    const attrs = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dimRoundingMode: undefined, inputShape: [8, 64, 64, 32] };
    const actual = runKernel('wasm', 'Conv2DBackpropInput', { dy, filter }, attrs);
    // dX[b, r, c, i] = Σ over taps and outputs of dy[b, r + 1 − tapRow, c + 1 − tapColumn, o] · w[tap, i, o], away from the edges.
    for (const [b, row, column, channel] of [[0, 5, 9, 0], [7, 62, 1, 31], [4, 30, 30, 16]]) {
      let expected = 0;
      for (let tap = 0; tap < 9; tap++) {
        for (let out = 0; out < 2; out++) {
          const at = (b * 64 + row + 1 - Math.floor(tap / 3)) * 64 + column + 1 - (tap % 3);
          expected += dy.values[at * 2 + out] * filter.values[(tap * 32 + channel) * 2 + out];
        }
      }
      expect(actual.values[((b * 64 + row) * 64 + column) * 32 + channel]).toBeCloseTo(expected, 3);
    }
  });

  it('Conv2DBackpropFilter in several passes, where the patches are too many for one', () => {
    // 9 taps · 32 channels · 64 · 64 positions · 8 images are 9.4 million floats.
    const x = randomFloats([8, 64, 64, 32], 1);
    const dy = randomFloats([8, 64, 64, 2], 2);
    const attrs = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dimRoundingMode: undefined, filterShape: [3, 3, 32, 2] };
    const actual = runKernel('wasm', 'Conv2DBackpropFilter', { x, dy }, attrs);
    // The centre tap sees every position: dW[1, 1, c, o] = Σ x[…, c] · dy[…, o].
    for (const [channel, out] of [[0, 0], [31, 1], [7, 1]]) {
      let expected = 0;
      for (let position = 0; position < 8 * 64 * 64; position++) expected += x.values[position * 32 + channel] * dy.values[position * 2 + out];
      expect(actual.values[(4 * 32 + channel) * 2 + out]).toBeCloseTo(expected, 2);
    }
  });

  it('DepthwiseConv2dNativeBackpropFilter', () => {
    fc.assert(
      fc.property(geometry, (g) => {
        const { x, filterShape, dyShape, attrs } = convCase({ ...g, dilation: 1 }, true, 1);
        expectSame('DepthwiseConv2dNativeBackpropFilter', { x, dy: randomFloats(dyShape, g.seed + 1) }, { ...attrs, dimRoundingMode: undefined, filterShape });
      }),
      RUNS,
    );
  });

  it('DepthwiseConv2dNativeBackpropInput', () => {
    fc.assert(
      fc.property(geometry, (g) => {
        const { x, filterShape, dyShape, attrs } = convCase(g, true, 1);
        expectSame('DepthwiseConv2dNativeBackpropInput', { dy: randomFloats(dyShape, g.seed + 1), filter: randomFloats(filterShape, g.seed + 2) }, { ...attrs, dimRoundingMode: undefined, inputShape: x.shape });
      }),
      RUNS,
    );
  });

  // The cpu backend leaves the dilation out of these gradients. The convolution is linear in its
  // filter and in its input, so ⟨dy, conv(x, w)⟩ = ⟨dW, w⟩ = ⟨dX, x⟩ for every w and x says what they must be.
  // Padding given as a number is left out: tfjs computes the output's size as if nothing were dilated.
  it('the gradients of dilated depthwise convolutions', () => {
    fc.assert(
      fc.property(geometry.filter(({ pad }) => typeof pad === 'string'), (g) => {
        const strideOne = { ...g, strideHeight: 1, strideWidth: 1 };
        const { x, filterShape, dyShape, attrs } = convCase(strideOne, true, g.dilation);
        const filter = randomFloats(filterShape, g.seed + 2);
        const dy = randomFloats(dyShape, g.seed + 1);
        const forward = runKernel('cpu', 'DepthwiseConv2dNative', { x, filter }, { ...attrs, dimRoundingMode: undefined });
        const dW = runKernel('wasm', 'DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...attrs, dimRoundingMode: undefined, filterShape });
        const dX = runKernel('wasm', 'DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attrs, dimRoundingMode: undefined, inputShape: x.shape });
        const expected = dot(dy.values, forward.values);
        const size = Math.sqrt(dot(dy.values, dy.values) * dot(forward.values, forward.values)) + 1;
        expect(Math.abs(dot(dW.values, filter.values) - expected)).toBeLessThan(1e-4 * size);
        expect(Math.abs(dot(dX.values, x.values) - expected)).toBeLessThan(1e-4 * size);
      }),
      RUNS,
    );
  });

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
        fc.constantFrom('ij,jk->ik', 'ij,jk->ki', 'bij,bjk->bik', 'ij,ij->', 'ij,ij->i', 'i,j->ij', 'ij->ji', 'ij->i', 'ijk->', 'abc,cd->abd', 'aecd,abcd->acbe', 'acbe,aecd->abcd', 'abc,cde->abde', 'bhwc,hkc->bkw'),
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

  it('BatchMatMul, transposed or not', () => {
    const dimension = fc.integer({ min: 1, max: 17 });
    fc.assert(
      fc.property(fc.constantFrom([], [1], [3], [2, 2]), dimension, dimension, dimension, fc.boolean(), fc.boolean(), fc.integer(), (batch, n, k, m, transposeA, transposeB, seed) => {
        const a = randomFloats([...batch, ...(transposeA ? [k, n] : [n, k])], seed);
        const b = randomFloats([...batch, ...(transposeB ? [m, k] : [k, m])], seed + 1);
        expectSame('BatchMatMul', { a, b }, { transposeA, transposeB });
      }),
      RUNS,
    );
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
