/** SplitV and Unpack for the wasm backend: its own copy the whole tensor out of the memory for each of the parts. */
import { backend_util, util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { addressOf, wasmKernels, type KernelCall, type WasmBackend } from './wasm-backend.ts';

/** Wraps the backend's own kernel, which does what is not four bytes wide. x in parts along one axis, so many of the same size or of the sizes given. */
export function splitAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs: { x }, backend, attrs } = call as unknown as KernelCall<{ x: TensorInfo }, { numOrSizeSplits: number | number[]; axis: number }>;
    if (x.dtype !== 'float32' && x.dtype !== 'int32') return original(call);
    const [axis] = util.parseAxisParam(attrs.axis, x.shape);
    const sizes = backend_util.prepareSplitSize(x, attrs.numOrSizeSplits, axis);
    return parts(backend, x, axis, sizes).map((part, i) => ({ ...part, shape: x.shape.map((size, at) => (at === axis ? sizes[i] : size)) }));
  };
}

/** Wraps the backend's own kernel, which does what is not four bytes wide. Each position of one axis as a tensor without that axis. */
export function unpackAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs: { value }, backend, attrs } = call as unknown as KernelCall<{ value: TensorInfo }, { axis: number }>;
    if (value.dtype !== 'float32' && value.dtype !== 'int32') return original(call);
    const [axis] = util.parseAxisParam(attrs.axis, value.shape);
    const shape = value.shape.filter((_, at) => at !== axis);
    return parts(backend, value, axis, new Array<number>(value.shape[axis]).fill(1)).map((part) => ({ ...part, shape }));
  };
}

function parts(backend: WasmBackend, x: TensorInfo, axis: number, sizes: readonly number[]): TensorInfo[] {
  const kernels = wasmKernels(backend);
  const outer = util.sizeFromShape(x.shape.slice(0, axis));
  const inner = util.sizeFromShape(x.shape.slice(axis + 1));
  const row = x.shape[axis] * inner;
  let from = addressOf(backend, x);
  return sizes.map((size) => {
    const run = size * inner;
    const part = backend.makeOutput([outer * run], x.dtype);
    kernels.copyBlocks(from, addressOf(backend, part), 1, outer, run, 0, row, 0, run);
    from += 4 * run;
    return part;
  });
}
