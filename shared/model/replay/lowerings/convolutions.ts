/** Convolutions and their gradients, pooling's gradient, and the gradient of an embedding: kernels of ours, prepared once. */
import { takesActivation, type Activation } from '../../kernels/activation.ts';
import type { ConvAttrs } from '../../kernels/conv-geometry.ts';
import { prepareConv2D, prepareConv2DBackpropFilter, prepareConv2DBackpropInput } from '../../kernels/conv2d.ts';
import { prepareDepthwiseBackpropFilter, prepareDepthwiseBackpropInput } from '../../kernels/depthwise.ts';
import { prepareAvgPoolGrad, prepareMaxPoolGrad, type PoolAttrs } from '../../kernels/pool-gradients.ts';
import type { Prepared } from '../../kernels/prepared.ts';
import { prepareUnsortedSegmentSum } from '../../kernels/unsorted-segment-sum.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { loweredPrepared, type Lowering } from '../lowering.ts';
import { floatOperands, inputOf, sizeOf, type Attrs } from '../program.ts';

type Shape = readonly number[];

const forward: Lowering = (operation, { kernels }) => {
  const floats = floatOperands(inputOf(operation, 'x'), inputOf(operation, 'filter'), operation.outputs[0]);
  const bias = inputOf(operation, 'bias');
  const { activation = 'linear', dataFormat, ...attrs } = operation.attrs as unknown as ConvAttrs & { readonly activation?: Activation; readonly dataFormat?: string };
  if (!kernels || !floats || dataFormat === 'NCHW' || !takesActivation(activation)) return null;
  const [x, filter, out] = floats;
  if (bias && sizeOf(bias.shape) !== filter.shape[3]) return null;
  const prepared = prepareConv2D(kernels, x.shape, filter.shape, { ...attrs, bias: bias !== null, activation });
  return loweredPrepared(prepared, bias ? [x, filter, bias, out] : [x, filter, out]);
};

/** A kernel with two inputs of floats, channels last. `prepare` is given their shapes. */
const gradient = (first: string, second: string, prepare: (kernels: Kernels, a: Shape, b: Shape, attrs: Attrs) => Prepared): Lowering => (operation, { kernels }) => {
  const floats = floatOperands(inputOf(operation, first), inputOf(operation, second), operation.outputs[0]);
  if (!kernels || !floats || operation.attrs.dataFormat === 'NCHW') return null;
  const [a, b] = floats;
  return loweredPrepared(prepare(kernels, a.shape, b.shape, operation.attrs), floats);
};

const conv = (attrs: Attrs): ConvAttrs => attrs as unknown as ConvAttrs;

export const convolutions: Readonly<Record<string, Lowering>> = {
  Conv2D: forward,
  FusedConv2D: forward,
  Conv2DBackpropFilter: gradient('x', 'dy', (kernels, x, _, attrs) => prepareConv2DBackpropFilter(kernels, x, attrs.filterShape as Shape, conv(attrs))),
  Conv2DBackpropInput: gradient('dy', 'filter', (kernels, _, filter, attrs) => prepareConv2DBackpropInput(kernels, attrs.inputShape as Shape, filter, conv(attrs))),
  DepthwiseConv2dNativeBackpropFilter: gradient('x', 'dy', (kernels, x, _, attrs) => prepareDepthwiseBackpropFilter(kernels, x, attrs.filterShape as Shape, conv(attrs))),
  DepthwiseConv2dNativeBackpropInput: gradient('dy', 'filter', (kernels, _, filter, attrs) => prepareDepthwiseBackpropInput(kernels, attrs.inputShape as Shape, filter, conv(attrs))),
  MaxPoolGrad: gradient('dy', 'input', (kernels, _, input, attrs) => prepareMaxPoolGrad(kernels, input, attrs as unknown as PoolAttrs)),

  AvgPoolGrad(operation, { kernels }) {
    const floats = floatOperands(inputOf(operation, 'dy'), operation.outputs[0]);
    return kernels && floats && loweredPrepared(prepareAvgPoolGrad(kernels, floats[1].shape, operation.attrs as unknown as PoolAttrs), floats);
  },

  UnsortedSegmentSum(operation, { kernels }) {
    const [x, segmentIds, out] = [inputOf(operation, 'x'), inputOf(operation, 'segmentIds'), operation.outputs[0]];
    if (!kernels || !x || !segmentIds) return null;
    return loweredPrepared(prepareUnsortedSegmentSum(kernels, x.shape, x.dtype, operation.attrs.numSegments as number), [x, segmentIds, out]);
  },
};
