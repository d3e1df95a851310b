/** GatherV2 for the wasm backend along the first axis: whole rows copied, where its own kernel moves single values. */
import { util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import type { KernelCall } from './wasm-backend.ts';

interface Attrs {
  readonly axis: number;
  readonly batchDims: number;
}

/** Wraps the backend's own kernel, which does the other axes. x [n, …], indices int32 of any shape → [...indices' shape, …]. */
export function gatherRowsAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as KernelCall<{ x: TensorInfo; indices: TensorInfo }, Attrs>;
    const { x, indices } = inputs;
    if (attrs.axis !== 0 || attrs.batchDims !== 0 || x.dtype === 'string' || indices.dtype !== 'int32') return original(call);
    const [rows, ...rowShape] = x.shape;
    const width = util.sizeFromShape(rowShape);
    const result = backend.makeOutput([...indices.shape, ...rowShape], x.dtype);
    const from = backend.typedArrayFromHeap(x);
    const to = backend.typedArrayFromHeap(result);
    const order = backend.typedArrayFromHeap(indices);
    for (let i = 0; i < order.length; i++) {
      const row = order[i];
      if (row < 0 || row >= rows) {
        backend.disposeData(result.dataId);
        throw new MurmurError('backend_failed', `GatherV2: the index ${row} is not in [0, ${rows - 1}]`);
      }
      if (width === 1) to[i] = from[row];
      else to.set(from.subarray(row * width, (row + 1) * width), i * width);
    }
    return result;
  };
}
