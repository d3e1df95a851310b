/** The gradients of depthwise convolutions, which the wasm backend lacks. Channels last only. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Kernels } from '../../kernels/kernels.ts';
import { convGeometry, type ConvAttrs } from './conv-geometry.ts';
import { runPrepared, type Prepared } from './prepared.ts';
import { wasmKernels, type KernelCall } from './wasm-backend.ts';

/** The gradient in the filter [filterH, filterW, inChannels, multiplier]. Addresses: x, dy, output. */
export function prepareDepthwiseBackpropFilter(kernels: Kernels, xShape: readonly number[], filterShape: readonly number[], attrs: ConvAttrs): Prepared {
  return prepared(kernels.depthwiseFilterGradient, xShape, filterShape, attrs);
}

/** The gradient in x [b, h, w, inChannels]. Addresses: dy, filter, output. */
export function prepareDepthwiseBackpropInput(kernels: Kernels, xShape: readonly number[], filterShape: readonly number[], attrs: ConvAttrs): Prepared {
  return prepared(kernels.depthwiseInputGradient, xShape, filterShape, attrs);
}

function prepared(gradient: Kernels['depthwiseFilterGradient'], xShape: readonly number[], filterShape: readonly number[], attrs: ConvAttrs): Prepared {
  const { batchSize, inHeight, inWidth, inChannels, outChannels, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } =
    convGeometry(xShape, filterShape, attrs, true);
  return {
    scratchBytes: 0,
    run([from, other, out]) {
      gradient(
        from, other, out, batchSize, inHeight, inWidth, inChannels, outChannels / inChannels, filterHeight, filterWidth, outHeight, outWidth,
        strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo.top, padInfo.left,
      );
    },
  };
}

/** x [b, h, w, inChannels], dy [b, outH, outW, inChannels · multiplier] → [filterH, filterW, inChannels, multiplier]. */
export function depthwiseBackpropFilter({ inputs: { x, dy }, backend, attrs }: KernelCall<{ x: TensorInfo; dy: TensorInfo }, ConvAttrs & { readonly filterShape: readonly number[] }>): TensorInfo {
  return runPrepared(backend, prepareDepthwiseBackpropFilter(wasmKernels(backend), x.shape, attrs.filterShape, attrs), [x, dy], attrs.filterShape);
}

/** dy [b, outH, outW, inChannels · multiplier], filter [filterH, filterW, inChannels, multiplier] → [b, h, w, inChannels]. */
export function depthwiseBackpropInput({ inputs: { dy, filter }, backend, attrs }: KernelCall<{ dy: TensorInfo; filter: TensorInfo }, ConvAttrs & { readonly inputShape: readonly number[] }>): TensorInfo {
  return runPrepared(backend, prepareDepthwiseBackpropInput(wasmKernels(backend), attrs.inputShape, filter.shape, attrs), [dy, filter], attrs.inputShape);
}
