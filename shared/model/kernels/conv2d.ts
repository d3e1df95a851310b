/**
 * Conv2D, FusedConv2D, Conv2DBackpropFilter and Conv2DBackpropInput for the wasm backend, which lacks the third of them
 * and does the last by a plain loop. Channels last only.
 */
import { util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import { hasSimd, type Kernels } from '../../kernels/kernels.ts';
import { convolutionScratchBytes, type ConvolutionSizes } from '../../kernels/twins/convolution.ts';
import { EPILOGUE } from '../../kernels/twins/matrix.ts';
import { activated, takesActivation, type Activation } from './activation.ts';
import { convGeometry, type ConvAttrs } from './conv-geometry.ts';
import { prepareMatMul } from './mat-mul.ts';
import { runPrepared, type Prepared } from './prepared.ts';
import { wasmKernels, type KernelCall } from './wasm-backend.ts';

export interface PreparedConv2D extends Prepared {
  /** Of the output. */
  readonly shape: readonly number[];
}

export interface Conv2DOptions extends ConvAttrs {
  /** A vector is added at each position. */
  readonly bias?: boolean;
  readonly activation?: 'linear' | 'relu' | 'relu6';
}

/** x [b, h, w, inChannels], filter [filterH, filterW, inChannels, outChannels]. Addresses: x, filter, bias where there is one, output. */
export function prepareConv2D(kernels: Kernels, xShape: readonly number[], filterShape: readonly number[], options: Conv2DOptions): PreparedConv2D {
  const { batch, sizes, outShape, isProduct } = resolve(xShape, filterShape, options);
  const { bias = false, activation = 'linear' } = options;
  if (isProduct) {
    const { inChannels, outChannels } = sizes;
    return { ...prepareMatMul(kernels, [util.sizeFromShape([...xShape]) / inChannels, inChannels], [inChannels, outChannels], { transposeA: false, transposeB: false, bias, activation }), shape: outShape };
  }
  const epilogue = activation === 'linear' ? 0 : EPILOGUE[activation];
  const { inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft } = sizes;
  return {
    shape: outShape,
    scratchBytes: convolutionScratchBytes('convolution', sizes),
    run(addresses, scratch) {
      kernels.convolution(
        addresses[0], addresses[1], addresses[addresses.length - 1], batch, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels,
        strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft, bias ? addresses[2] : 0, epilogue, scratch,
      );
    },
  };
}

/** The gradient in the filter. x [b, h, w, inChannels], dy as Conv2D gives. Addresses: x, dy, output. */
export function prepareConv2DBackpropFilter(kernels: Kernels, xShape: readonly number[], filterShape: readonly number[], attrs: ConvAttrs): PreparedConv2D {
  const { batch, sizes, isProduct } = resolve(xShape, filterShape, { ...attrs, dilations: 1 });
  const { inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth, padTop, padLeft } = sizes;
  if (isProduct) {
    const positions = util.sizeFromShape([...xShape]) / inChannels;
    return { ...prepareMatMul(kernels, [positions, inChannels], [positions, outChannels], { transposeA: true, transposeB: false }), shape: filterShape };
  }
  return {
    shape: filterShape,
    scratchBytes: convolutionScratchBytes('convolutionFilterGradient', sizes),
    run([x, dy, out], scratch) {
      kernels.convolutionFilterGradient(x, dy, out, batch, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth, padTop, padLeft, scratch);
    },
  };
}

/** The gradient in x, of the shape `xShape`. Addresses: dy, filter, output. */
export function prepareConv2DBackpropInput(kernels: Kernels, xShape: readonly number[], filterShape: readonly number[], attrs: ConvAttrs): PreparedConv2D {
  const { batch, sizes, isProduct } = resolve(xShape, filterShape, { ...attrs, dilations: 1 });
  const { inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth, padTop, padLeft } = sizes;
  if (isProduct) {
    const positions = util.sizeFromShape([...xShape]) / inChannels;
    return { ...prepareMatMul(kernels, [positions, outChannels], [inChannels, outChannels], { transposeA: false, transposeB: true }), shape: xShape };
  }
  return {
    shape: xShape,
    scratchBytes: convolutionScratchBytes('convolutionInputGradient', sizes),
    run([dy, filter, out], scratch) {
      kernels.convolutionInputGradient(dy, filter, out, batch, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth, padTop, padLeft, scratch);
    },
  };
}

interface Resolved {
  readonly batch: number;
  readonly sizes: ConvolutionSizes;
  readonly outShape: readonly number[];
  /** Each position by itself: then it is a product of matrices. */
  readonly isProduct: boolean;
}

function resolve(xShape: readonly number[], filterShape: readonly number[], attrs: ConvAttrs): Resolved {
  const { padInfo, batchSize, outShape, ...rest } = convGeometry(xShape, filterShape, attrs, false);
  const upright: ConvolutionSizes = { ...rest, padTop: padInfo.top, padLeft: padInfo.left };
  const isColumn = rest.inWidth === 1 && rest.filterWidth === 1 && rest.outWidth === 1 && padInfo.left === 0;
  const sizes = isColumn ? laidDown(upright) : upright;
  const isProduct = sizes.filterHeight === 1 && sizes.filterWidth === 1 && sizes.outHeight === sizes.inHeight && sizes.outWidth === sizes.inWidth
    && sizes.strideHeight === 1 && sizes.strideWidth === 1 && padInfo.top === 0 && padInfo.left === 0;
  return { batch: batchSize, sizes, outShape, isProduct };
}

/** Images of one column lie in memory as images of one row do, and the kernels take rows at a time. */
function laidDown(sizes: ConvolutionSizes): ConvolutionSizes {
  const { inHeight, inWidth, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft } = sizes;
  return {
    ...sizes, inHeight: inWidth, inWidth: inHeight, filterHeight: filterWidth, filterWidth: filterHeight, outHeight: outWidth, outWidth: outHeight,
    strideHeight: strideWidth, strideWidth: strideHeight, dilationHeight: dilationWidth, dilationWidth: dilationHeight, padTop: padLeft, padLeft: padTop,
  };
}

interface ForwardInputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
}

interface ForwardAttrs extends ConvAttrs {
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly activation?: Activation;
  readonly leakyreluAlpha?: number;
}

/** Stands around the backend's own Conv2D and FusedConv2D. */
export function conv2dAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as KernelCall<ForwardInputs, ForwardAttrs>;
    const { x, filter, bias } = inputs;
    const { activation = 'linear' } = attrs;
    // Without SIMD the backend's own is faster than our twin.
    const fits = hasSimd() && attrs.dataFormat !== 'NCHW' && x.dtype === 'float32' && filter.dtype === 'float32';
    if (!fits || (bias && util.sizeFromShape(bias.shape) !== filter.shape[3])) return original(call);
    const inEpilogue = takesActivation(activation);
    const prepared = prepareConv2D(wasmKernels(backend), x.shape, filter.shape, { ...attrs, bias: bias !== undefined && bias !== null, activation: inEpilogue ? activation : 'linear' });
    const output = runPrepared(backend, prepared, bias ? [x, filter, bias] : [x, filter], prepared.shape);
    return inEpilogue ? output : activated(backend, output, activation, inputs.preluActivationWeights, attrs.leakyreluAlpha);
  };
}

interface GradientAttrs extends ConvAttrs {
  readonly dataFormat: 'NHWC' | 'NCHW';
}

/** x [b, h, w, inChannels], dy [b, outH, outW, outChannels] → [filterH, filterW, inChannels, outChannels]. */
export function conv2dBackpropFilter({ inputs, backend, attrs }: KernelCall<{ x: TensorInfo; dy: TensorInfo }, GradientAttrs & { readonly filterShape: readonly number[] }>): TensorInfo {
  if (attrs.dataFormat === 'NCHW') throw new MurmurError('backend_failed', 'Conv2DBackpropFilter on wasm takes the channels last (NHWC) only');
  const prepared = prepareConv2DBackpropFilter(wasmKernels(backend), inputs.x.shape, attrs.filterShape, attrs);
  return runPrepared(backend, prepared, [inputs.x, inputs.dy], prepared.shape);
}

/** Stands around the backend's own, which takes the channels first, too. dy [b, outH, outW, outChannels], filter [filterH, filterW, inChannels, outChannels] → [b, h, w, inChannels]. */
export function conv2dBackpropInputAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as KernelCall<{ dy: TensorInfo; filter: TensorInfo }, GradientAttrs & { readonly inputShape: readonly number[] }>;
    if (attrs.dataFormat === 'NCHW') return original(call);
    const prepared = prepareConv2DBackpropInput(wasmKernels(backend), attrs.inputShape, inputs.filter.shape, attrs);
    return runPrepared(backend, prepared, [inputs.dy, inputs.filter], prepared.shape);
  };
}
