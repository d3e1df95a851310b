/** Convolutions and their gradients against their twins, to the bit, over random shapes, strides, dilations and paddings. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kernels } from '../../shared/kernels/kernels.ts';
import { convolutionScratchBytes, type ConvolutionSizes } from '../../shared/kernels/twins/convolution.ts';
import { EPILOGUE } from '../../shared/kernels/twins/matrix.ts';
import { createRandom } from '../../shared/random.ts';
import { createKernelPair } from '../helpers/kernel-pair.ts';

const normal = (seed: number, length: number): Float32Array => {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal());
};

const from = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
/** Of each axis: the output's size, stride, filter, dilation and padding before; how far the input goes on behind what is met. */
const axis = fc.record({ out: from(1, 7), stride: from(1, 3), filter: from(1, 5), dilation: from(1, 2), before: from(0, 3), behind: from(-3, 3) });
const geometry = fc.record({ batch: from(1, 3), inChannels: from(1, 9), outChannels: from(1, 18), vertical: axis, horizontal: axis, bias: fc.boolean(), epilogue: fc.constantFrom(0, EPILOGUE.relu, EPILOGUE.relu6), seed: fc.integer() });
type Geometry = typeof geometry extends fc.Arbitrary<infer T> ? T : never;

function sizesOf({ inChannels, outChannels, vertical, horizontal }: Geometry, dilated: boolean): ConvolutionSizes {
  const along = ({ out, stride, filter, dilation, before, behind }: Geometry['vertical']): readonly [size: number, dilation: number] => {
    const step = dilated ? dilation : 1;
    return [Math.max(1, (out - 1) * stride + (filter - 1) * step + 1 - before + behind), step];
  };
  const [inHeight, dilationHeight] = along(vertical);
  const [inWidth, dilationWidth] = along(horizontal);
  return {
    inHeight, inWidth, inChannels, outChannels, dilationHeight, dilationWidth,
    filterHeight: vertical.filter, filterWidth: horizontal.filter, outHeight: vertical.out, outWidth: horizontal.out,
    strideHeight: vertical.stride, strideWidth: horizontal.stride, padTop: vertical.before, padLeft: horizontal.before,
  };
}

/** Calls the kernel on random values, with just the scratch memory that it asks for. */
function compare(kernel: 'convolution' | 'convolutionFilterGradient' | 'convolutionInputGradient', g: Geometry): void {
  const sizes = sizesOf(g, kernel === 'convolution');
  const { inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft } = sizes;
  const pair = createKernelPair(1 << 22);
  const x = pair.put(normal(g.seed, g.batch * inHeight * inWidth * inChannels));
  const filter = pair.put(normal(g.seed + 1, filterHeight * filterWidth * inChannels * outChannels));
  const y = pair.put(normal(g.seed + 2, g.batch * outHeight * outWidth * outChannels));
  const bias = g.bias ? pair.put(normal(g.seed + 3, outChannels)) : 0;
  const bytes = convolutionScratchBytes(kernel, sizes);
  const scratch = pair.put(new Float32Array(bytes / 4));
  const behind = pair.put(normal(1, 64));
  const window = [filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth] as const;
  const call = (kernels: Kernels): void => {
    if (kernel === 'convolution') kernels.convolution(x, filter, y, g.batch, inHeight, inWidth, inChannels, ...window, dilationHeight, dilationWidth, padTop, padLeft, bias, g.epilogue, scratch);
    else if (kernel === 'convolutionFilterGradient') kernels.convolutionFilterGradient(x, y, filter, g.batch, inHeight, inWidth, inChannels, ...window, padTop, padLeft, scratch);
    else kernels.convolutionInputGradient(y, filter, x, g.batch, inHeight, inWidth, inChannels, ...window, padTop, padLeft, scratch);
  };
  pair.both(call);
  const wipe = new Float32Array(bytes / 4);
  const { module, twins } = pair.read(scratch, wipe);
  module.set(wipe);
  twins.set(wipe);
  expect([...pair.read(behind, new Float32Array(64)).module]).toEqual([...normal(1, 64)]);
  pair.same(() => undefined);
}

describe.each(['convolution', 'convolutionFilterGradient', 'convolutionInputGradient'] as const)('%s', (kernel) => {
  it('is what its twin says, and uses no more scratch memory than it says', () => {
    fc.assert(fc.property(geometry, (g) => compare(kernel, g)), { numRuns: 400, seed: 3 });
  });

  it('is what its twin says where its sums take several blocks', () => {
    const plain = { stride: 1, dilation: 1, before: 1, behind: 0 };
    const rest = { batch: 2, bias: true, epilogue: EPILOGUE.relu, seed: 5 };
    compare(kernel, { ...rest, inChannels: 70, outChannels: 65, vertical: { ...plain, out: 6, filter: 3 }, horizontal: { ...plain, out: 5, filter: 3 } });
    compare(kernel, { ...rest, inChannels: 2, outChannels: 9, vertical: { ...plain, out: 30, filter: 2 }, horizontal: { ...plain, out: 40, filter: 3 } });
    compare(kernel, { ...rest, inChannels: 1, outChannels: 3, vertical: { ...plain, out: 2, filter: 2 }, horizontal: { ...plain, out: 700, filter: 3 } });
  });
});

it('a convolution and its gradients, worked out by hand', () => {
  const pair = createKernelPair();
  const put = (...values: number[]): number => pair.put(Float32Array.from(values));
  // One row of four values, a filter of two, a zero before it, stride two: (0 1) and (2 3) meet the filter.
  const [x, filter, y, scratch] = [put(1, 2, 3, 4), put(10, 1), put(0, 0), 65_536];
  pair.same((kernels) => kernels.convolution(x, filter, y, 1, 1, 4, 1, 1, 2, 1, 2, 1, 1, 2, 1, 1, 0, 1, 0, 0, scratch));
  expect([...pair.read(y, new Float32Array(2)).module]).toEqual([1, 23]);
  const dy = put(5, 7);
  pair.same((kernels) => kernels.convolutionFilterGradient(x, dy, filter, 1, 1, 4, 1, 1, 2, 1, 2, 1, 1, 2, 0, 1, scratch));
  // 0·5 + 2·7 and 1·5 + 3·7
  expect([...pair.read(filter, new Float32Array(2)).module]).toEqual([14, 26]);
  pair.same((kernels) => kernels.convolutionInputGradient(dy, filter, x, 1, 1, 4, 1, 1, 2, 1, 2, 1, 1, 2, 0, 1, scratch));
  // The last value is met by nothing.
  expect([...pair.read(x, new Float32Array(4)).module]).toEqual([26 * 5, 14 * 7, 26 * 7, 0]);
});
