/** A device without SIMD: the twins stand in for our kernels, and TensorFlow.js loads its own module without SIMD. */
import { beforeAll, expect, it, vi } from 'vitest';
import { hasSimd } from '../../shared/kernels/kernels.ts';
import { prepareBackend } from '../../shared/model/backends.ts';
import { expectSame, randomFloats } from '../helpers/wasm-kernels.ts';

beforeAll(async () => {
  // Asked by us and by TensorFlow.js alike.
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  await prepareBackend('cpu');
  await prepareBackend('wasm');
  expect(hasSimd()).toBe(false);
});

const either = [false, true];
it.each([1, 2].flatMap((count) => either.flatMap((transposeA) => either.map((transposeB) => [count, transposeA, transposeB] as const))))('%i products of matrices, transposed: %s, %s', (count, transposeA, transposeB) => {
  const a = randomFloats(transposeA ? [count, 5, 7] : [count, 7, 5], 1);
  const b = randomFloats(transposeB ? [count, 9, 5] : [count, 5, 9], 2);
  expectSame('BatchMatMul', { a, b }, { transposeA, transposeB });
  expectSame('_FusedMatMul', { a, b, bias: randomFloats([9], 3) }, { transposeA, transposeB, activation: 'relu' });
});

it('convolutions and pooling, forward and backward', () => {
  const x = randomFloats([2, 7, 6, 3], 1);
  const filter = randomFloats([3, 2, 3, 4], 2);
  const dy = randomFloats([2, 4, 3, 4], 3);
  const attrs = { strides: [2, 2], pad: 'same', dataFormat: 'NHWC', dimRoundingMode: undefined, dilations: [1, 1] };
  expectSame('Conv2D', { x, filter }, attrs);
  expectSame('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: filter.shape });
  expectSame('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: x.shape });
  const each = randomFloats([3, 2, 3, 1], 4);
  const dyOfEach = randomFloats([2, 4, 3, 3], 5);
  expectSame('DepthwiseConv2dNativeBackpropFilter', { x, dy: dyOfEach }, { ...attrs, filterShape: each.shape });
  expectSame('DepthwiseConv2dNativeBackpropInput', { dy: dyOfEach, filter: each }, { ...attrs, inputShape: x.shape });
  const pool = { filterSize: [2, 2], strides: [2, 2], pad: 'same', dimRoundingMode: undefined };
  expectSame('MaxPoolGrad', { dy: dyOfEach, input: x, output: dyOfEach }, pool);
  expectSame('AvgPoolGrad', { dy: dyOfEach, input: x }, pool);
});

it('sums by segment and by equation, and copies', () => {
  const x = randomFloats([4, 6], 1);
  expectSame('UnsortedSegmentSum', { x, segmentIds: { shape: [4], values: Int32Array.of(2, 0, 2, 5) } }, { numSegments: 3 });
  expectSame('Einsum', [x, randomFloats([6, 5], 2)], { equation: 'ij,jk->ki' });
  expectSame('Tile', { x }, { reps: [2, 3] });
});
