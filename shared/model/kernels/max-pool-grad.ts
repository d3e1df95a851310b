/** MaxPoolGrad for the wasm backend, a whole vector of channels at a time. */
import { backend_util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Kernels } from '../../kernels/kernels.ts';
import { runPrepared, type Prepared } from './prepared.ts';
import { wasmKernels, type KernelCall } from './wasm-backend.ts';

export interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof backend_util.computePool2DInfo>[4];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Of x [b, h, w, channels]. Addresses: dy, x, output. */
export function prepareMaxPoolGrad(kernels: Kernels, xShape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: PoolAttrs): Prepared {
  const { batchSize, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } =
    backend_util.computePool2DInfo(xShape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode);
  return {
    scratchBytes: 0,
    run([dy, x, out]) {
      kernels.maxPoolGradient(x, dy, out, batchSize, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo.top, padInfo.left);
    },
  };
}

/** Wraps the backend's own kernel, which does other types of numbers. dy [b, outH, outW, channels], input [b, h, w, channels] → [b, h, w, channels]. */
export function maxPoolGradAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs: { dy, input }, backend, attrs } = call as unknown as KernelCall<{ dy: TensorInfo; input: TensorInfo }, PoolAttrs>;
    if (input.dtype !== 'float32' || dy.dtype !== 'float32') return original(call);
    return runPrepared(backend, prepareMaxPoolGrad(wasmKernels(backend), input.shape, attrs), [dy, input], input.shape);
  };
}
