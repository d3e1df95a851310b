/**
 * BatchMatMul for the wasm backend, transposing first. The backend's own kernel multiplies
 * transposed matrices by plain loops, more than ten times slower than untransposed ones, and
 * every gradient of a dense layer is such a product: one transposition more is much cheaper.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { callKernel, free, type KernelCall, type WasmBackend } from './wasm-backend.ts';

interface Attrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Wraps the backend's own kernel. a […, n, k] and b […, k, m], each transposed in its last two axes where the attributes say so. */
export function batchMatMulAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as KernelCall<{ a: TensorInfo; b: TensorInfo }, Attrs>;
    if (!attrs.transposeA && !attrs.transposeB) return original(call);
    const a = attrs.transposeA ? transposed(backend, inputs.a) : inputs.a;
    const b = attrs.transposeB ? transposed(backend, inputs.b) : inputs.b;
    const product = original({ inputs: { a, b }, backend, attrs: { transposeA: false, transposeB: false } });
    if (a !== inputs.a) free(backend, a);
    if (b !== inputs.b) free(backend, b);
    return product;
  };
}

function transposed(backend: WasmBackend, x: TensorInfo): TensorInfo {
  const rank = x.shape.length;
  const perm = [...x.shape.keys()];
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return callKernel(backend, 'Transpose', { x }, { perm });
}
