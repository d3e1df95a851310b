/** Tanh for the wasm backend, four values at a time: its own kernel computes one after the other, and recurrent nets are full of them. */
import { util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { hasSimd } from '../../kernels/kernels.ts';
import { addressOf, wasmKernels, type KernelCall } from './wasm-backend.ts';

/** Wraps the backend's own kernel, which does other types of numbers, and all where there is no SIMD. x of any shape → the same shape. */
export function tanhAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs: { x }, backend } = call as unknown as KernelCall<{ x: TensorInfo }, unknown>;
    if (x.dtype !== 'float32' || !hasSimd()) return original(call);
    const output = backend.makeOutput(x.shape, 'float32');
    wasmKernels(backend).tanhArray(addressOf(backend, x), addressOf(backend, output), util.sizeFromShape(x.shape));
    return output;
  };
}
