/** MaxPoolGrad and AvgPoolGrad for the wasm backend, a whole vector of channels at a time. */
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

type Sizes = readonly [filterHeight: number, filterWidth: number, outHeight: number, outWidth: number, strideHeight: number, strideWidth: number, padTop: number, padLeft: number];

function sizesOf(xShape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: PoolAttrs): Sizes {
  const { filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } =
    backend_util.computePool2DInfo(xShape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode);
  return [filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo.top, padInfo.left];
}

/** Of x [b, h, w, channels]. Addresses: dy, x, output. */
export function prepareMaxPoolGrad(kernels: Kernels, xShape: readonly number[], attrs: PoolAttrs): Prepared {
  const sizes = sizesOf(xShape, attrs);
  const [batch, height, width, channels] = xShape;
  return { scratchBytes: 0, run: ([dy, x, out]) => kernels.maxPoolGradient(x, dy, out, batch, height, width, channels, ...sizes) };
}

/** Of x [b, h, w, channels], dividing by the window's full size as the kernel of TensorFlow.js does. Addresses: dy, output. */
export function prepareAvgPoolGrad(kernels: Kernels, xShape: readonly number[], attrs: PoolAttrs): Prepared {
  const sizes = sizesOf(xShape, attrs);
  const [batch, height, width, channels] = xShape;
  return { scratchBytes: 0, run: ([dy, out]) => kernels.avgPoolGradient(dy, out, batch, height, width, channels, ...sizes) };
}

type GradientCall = KernelCall<{ readonly dy: TensorInfo; readonly input: TensorInfo }, PoolAttrs>;

/** Wraps the backend's own kernel, which does other types of numbers. dy [b, outH, outW, channels], input [b, h, w, channels] → [b, h, w, channels]. */
export function maxPoolGradAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs: { dy, input }, backend, attrs } = call as unknown as GradientCall;
    if (input.dtype !== 'float32' || dy.dtype !== 'float32') return original(call);
    return runPrepared(backend, prepareMaxPoolGrad(wasmKernels(backend), input.shape, attrs), [dy, input], input.shape);
  };
}

/** The same of AvgPoolGrad; of the input, its shape alone counts. */
export function avgPoolGradAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs: { dy, input }, backend, attrs } = call as unknown as GradientCall;
    if (input.dtype !== 'float32' || dy.dtype !== 'float32') return original(call);
    return runPrepared(backend, prepareAvgPoolGrad(wasmKernels(backend), input.shape, attrs), [dy], input.shape);
  };
}
