/** Convolutions on the wasm backend, against the plain `cpu` backend over random shapes. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend } from '../../shared/model/backends.ts';
import { expectSame, randomFloats, runKernel, type Input } from '../helpers/wasm-kernels.ts';

const RUNS = { numRuns: 200, seed: 42 };

beforeAll(async () => {
  await prepareBackend('cpu');
  await prepareBackend('wasm');
});

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

const geometry = fc
  .record({
    batch: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 1, max: 9 }),
    // Images of one column have ways of their own.
    width: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 9 })),
    channels: fc.integer({ min: 1, max: 5 }),
    out: fc.integer({ min: 1, max: 5 }),
    filterHeight: fc.integer({ min: 1, max: 5 }),
    filterWidth: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5 })),
    strideHeight: fc.integer({ min: 1, max: 3 }),
    strideWidth: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    pad: fc.oneof(fc.constant('same' as const), fc.constant('valid' as const), fc.integer({ min: 0, max: 2 })),
    seed: fc.integer(),
  })
  // Where nothing is padded the filter must fit.
  .filter(({ pad, height, width, filterHeight, filterWidth, dilation }) => {
    const padding = typeof pad === 'number' ? 2 * pad : 0;
    // With padding given as a number, tfjs computes both of the output's sizes with the filter's height.
    const across = typeof pad === 'number' ? Math.max(filterHeight, filterWidth) : filterWidth;
    return pad === 'same' || (height + padding >= (filterHeight - 1) * dilation + 1 && width + padding >= (across - 1) * dilation + 1);
  });
type Geometry = typeof geometry extends fc.Arbitrary<infer T> ? T : never;

function convCase(g: Geometry, depthwise: boolean, dilation: number): { x: Input; filterShape: number[]; dyShape: number[]; attrs: { strides: [number, number]; pad: 'same' | 'valid' | number; dilations: [number, number] } } {
  const strides: [number, number] = [g.strideHeight, g.strideWidth];
  const filterShape = [g.filterHeight, g.filterWidth, g.channels, g.out];
  const shape: [number, number, number, number] = [g.batch, g.height, g.width, g.channels];
  const info = tf.backend_util.computeConv2DInfo(shape, filterShape as [number, number, number, number], strides, dilation, g.pad, undefined, depthwise);
  return { x: randomFloats(shape, g.seed), filterShape, dyShape: info.outShape, attrs: { strides, pad: g.pad, dilations: [dilation, dilation] } };
}

describe('convolutions on the wasm backend', () => {
  it('Conv2D, and fused with bias and every activation', () => {
    fc.assert(
      // With padding given as a number, tfjs computes the output's size as if nothing were dilated.
      fc.property(geometry.filter(({ pad, dilation }) => typeof pad === 'string' || dilation === 1), fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'leakyrelu', 'prelu', 'sigmoid'), fc.boolean(), (g, activation, bias) => {
        const strideOne = g.dilation > 1 ? { ...g, strideHeight: 1, strideWidth: 1 } : g;
        const { x, filterShape, attrs } = convCase(strideOne, false, g.dilation);
        const filter = randomFloats(filterShape, g.seed + 1);
        const all = { ...attrs, dataFormat: 'NHWC', dimRoundingMode: undefined };
        expectSame('Conv2D', { x, filter }, all);
        const inputs: Record<string, Input> = { x, filter };
        if (bias) inputs.bias = randomFloats([g.out], g.seed + 2);
        if (activation === 'prelu') inputs.preluActivationWeights = randomFloats([g.out], g.seed + 3);
        expectSame('FusedConv2D', inputs, { ...all, activation, leakyreluAlpha: 0.2 });
      }),
      RUNS,
    );
  });

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

  it('Conv2DBackpropInput of many positions', () => {
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

  it('Conv2DBackpropFilter of many positions', () => {
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

  it('MaxPoolGrad, with equal values among others, and AvgPoolGrad', () => {
    fc.assert(
      fc.property(geometry, (g) => {
        const info = tf.backend_util.computePool2DInfo([g.batch, g.height, g.width, g.channels], [g.filterHeight, g.filterWidth], [g.strideHeight, g.strideWidth], 1, g.pad);
        const input = randomFloats([g.batch, g.height, g.width, g.channels], g.seed);
        // As after a relu.
        if (g.dilation > 1) input.values.forEach((value, i) => (input.values[i] = Math.max(0, value)));
        const dy = randomFloats(info.outShape, g.seed + 1);
        const attrs = { filterSize: [g.filterHeight, g.filterWidth], strides: [g.strideHeight, g.strideWidth], pad: g.pad, dimRoundingMode: undefined };
        expectSame('MaxPoolGrad', { dy, input, output: dy }, attrs);
        expectSame('AvgPoolGrad', { dy, input }, attrs);
      }),
      RUNS,
    );
  });
});
