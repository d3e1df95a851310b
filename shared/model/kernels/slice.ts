/**
 * Slice for the wasm backend where the slice lies in one piece: its own kernel first copies
 * the whole tensor out of the memory, however small the slice.
 */
import { slice_util, util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelCall } from './wasm-backend.ts';

interface Attrs {
  readonly begin: number | number[];
  readonly size: number | number[];
}

/** Wraps the backend's own kernel, which does the slices in several pieces. */
export function sliceAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as KernelCall<{ x: TensorInfo }, Attrs>;
    const { x } = inputs;
    const [begin, size] = slice_util.parseSliceParams(x, attrs.begin, attrs.size);
    if (x.dtype === 'string' || !slice_util.isSliceContinous(x.shape, begin, size)) return original(call);
    const from = slice_util.computeFlatOffset(begin, util.computeStrides(x.shape));
    const result = backend.makeOutput(size, x.dtype);
    backend.typedArrayFromHeap(result).set(backend.typedArrayFromHeap(x).subarray(from, from + util.sizeFromShape(size)));
    return result;
  };
}
