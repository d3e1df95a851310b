/** What our kernels use of the wasm backend: its memory, and the kernels that it has. */
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import { createKernels, type Kernels } from '../../kernels/kernels.ts';

/** The part of tfjs-backend-wasm's backend object that its own kernels use, too. */
export interface WasmBackend extends tf.KernelBackend {
  /** Allocates an output; what lies in its memory is not zero. May grow the memory, which detaches every view taken before. */
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  /** A view of the tensor's values in the backend's memory; valid until the next allocation. */
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
  /** Fetches the data first where they are another backend's. */
  readonly dataIdMap: { get(dataId: tf.DataId): { readonly memoryOffset: number | null } };
  /** The Emscripten module: `asm` are the exports of its instance. */
  readonly wasm: { readonly asm?: { readonly memory?: WebAssembly.Memory }; readonly HEAPU8: Uint8Array };
}

const kernelsOf = new WeakMap<WasmBackend, Kernels>();

/**
 * Our kernels on the backend's memory: the module, or its twins where the device has no SIMD. The memory grows when
 * something allocates; kernels follow by themselves, views do not.
 * @throws backend_failed where the memory cannot be reached.
 */
export function wasmKernels(backend: WasmBackend): Kernels {
  let kernels = kernelsOf.get(backend);
  if (!kernels) {
    const memory = backend.wasm.asm?.memory;
    if (!memory || memory.buffer !== backend.wasm.HEAPU8.buffer) throw new MurmurError('backend_failed', 'the memory of the wasm backend cannot be reached');
    kernels = createKernels(memory);
    kernelsOf.set(backend, kernels);
  }
  return kernels;
}

/** Where the tensor's values lie: bytes from the beginning of the backend's memory, the same as long as the tensor lives. */
export function addressOf(backend: WasmBackend, tensor: Pick<tf.TensorInfo, 'dataId'>): number {
  const address = backend.dataIdMap.get(tensor.dataId).memoryOffset;
  if (address === null) throw new MurmurError('backend_failed', 'the tensor does not lie in the memory of the wasm backend');
  return address;
}

export interface KernelCall<Inputs, Attrs> {
  readonly inputs: Inputs;
  readonly backend: WasmBackend;
  readonly attrs: Attrs;
}

export function floatsOf(backend: WasmBackend, tensor: tf.TensorInfo): Float32Array {
  if (tensor.dtype !== 'float32') throw new MurmurError('backend_failed', `the kernel asks for float32, the tensor is ${tensor.dtype}`);
  return backend.typedArrayFromHeap(tensor) as Float32Array;
}

/** The same values under another shape; no copy and no new reference. */
export function reshaped(tensor: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
  return { dataId: tensor.dataId, dtype: tensor.dtype, shape: [...shape] };
}

/** Calls a kernel of the backend; the caller frees what it returns. */
export function callKernel(backend: WasmBackend, name: string, inputs: Record<string, tf.TensorInfo>, attrs: Record<string, unknown>): tf.TensorInfo {
  const kernel = tf.getKernel(name, 'wasm');
  if (!kernel) throw new MurmurError('backend_failed', `the wasm backend has no kernel ${name}`);
  return kernel.kernelFunc({ inputs: inputs, backend, attrs: attrs as tf.NamedAttrMap }) as tf.TensorInfo;
}

/** Frees an intermediate result. */
export function free(backend: WasmBackend, tensor: tf.TensorInfo): void {
  backend.disposeData(tensor.dataId);
}
