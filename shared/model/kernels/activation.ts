/** The activations that TensorFlow.js fuses into products and convolutions. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import { callKernel, free, type WasmBackend } from './wasm-backend.ts';

export type Activation = 'linear' | 'relu' | 'relu6' | 'elu' | 'prelu' | 'leakyrelu' | 'sigmoid';

/** Whether our kernels do it themselves before they store a sum. */
export function takesActivation(activation: Activation): activation is 'linear' | 'relu' | 'relu6' {
  return activation === 'linear' || activation === 'relu' || activation === 'relu6';
}

/** The others are a second pass over `x`, which is freed. */
export function activated(backend: WasmBackend, x: TensorInfo, activation: Activation, alpha?: TensorInfo, leakyreluAlpha?: number): TensorInfo {
  try {
    if (activation === 'elu') return callKernel(backend, 'Elu', { x }, {});
    if (activation === 'sigmoid') return callKernel(backend, 'Sigmoid', { x }, {});
    if (activation === 'leakyrelu') return callKernel(backend, 'LeakyRelu', { x }, { alpha: leakyreluAlpha });
    if (activation === 'prelu' && alpha) return callKernel(backend, 'Prelu', { x, alpha }, {});
    throw new MurmurError('backend_failed', `the activation ${activation} cannot be fused`);
  } finally {
    free(backend, x);
  }
}
