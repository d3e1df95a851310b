/** Tile for the wasm backend, in runs of neighbours: its own kernel works out the place of each value by itself. */
import { util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { addressOf, free, reshaped, wasmKernels, type KernelCall } from './wasm-backend.ts';

/** Wraps the backend's own kernel, which does what is not four bytes wide. x of any shape, `reps` for each of its axes. */
export function tileAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs: { x }, backend, attrs: { reps } } = call as unknown as KernelCall<{ x: TensorInfo }, { reps: readonly number[] }>;
    if (x.dtype !== 'float32' && x.dtype !== 'int32') return original(call);
    const kernels = wasmKernels(backend);
    const shape = x.shape.map((size, axis) => size * reps[axis]);
    let tiled: TensorInfo | null = null;
    // From the last axis to the first; those before it are still as they were, those behind it already repeated.
    for (let axis = x.shape.length - 1; axis >= 0; axis--) {
      const times = reps[axis];
      if (times === 1) continue;
      const outer = util.sizeFromShape(x.shape.slice(0, axis));
      const run = x.shape[axis] * util.sizeFromShape(shape.slice(axis + 1));
      const repeated = backend.makeOutput([outer * times * run], x.dtype);
      kernels.copyBlocks(addressOf(backend, tiled ?? x), addressOf(backend, repeated), outer, times, run, run, 0, times * run, run);
      if (tiled) free(backend, tiled);
      tiled = repeated;
    }
    return tiled ? reshaped(tiled, shape) : original(call);
  };
}
