/**
 * The form that serves every kernel: the function in the registry is called as TensorFlow.js would call it, on tensors
 * that lie where the plan has put them, and what it allocates for its outputs is answered with those.
 */
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import type { Lowered, LoweringTools } from './lowering.ts';
import type { KernelOperation, Made } from './program.ts';
import { heapAddress, heapBytes, renumber, type WasmHeap } from './wasm-heap.ts';

export function lowerGenerally(operation: KernelOperation, tools: LoweringTools): Lowered {
  return {
    scratchBytes: 0,
    bind(at) {
      const { kernel: kernelName, names, attrs, made } = operation;
      const kernel = tf.getKernel(kernelName, 'wasm');
      if (!kernel) throw new MurmurError('backend_failed', `the wasm backend has no kernel ${kernelName}`);
      const { heap, tensorAt, withOutputs } = tools;
      const inputs = operation.inputs.map((input) => input && tensorAt(input.shape, input.dtype, at(input)));
      const outputs = operation.outputs.map((output, i) => tensorAt((made.find((one) => one.output === i) as Made).shape, output.value.dtype, at(output)));
      const given = names === null ? inputs : Object.fromEntries(names.map((name, i) => [name, inputs[i] ?? undefined]));
      const call = { inputs: given as tf.NamedTensorInfoMap, backend: heap, attrs: attrs as tf.NamedAttrMap };
      const changing = inputs.filter((input) => input !== null);
      const run = (): void => void kernel.kernelFunc(call);
      return () => {
        for (const { dataId } of changing) renumber(heap, dataId);
        withOutputs(made, outputs, run);
      };
    },
  };
}

/** Answers a kernel's allocations while it runs in general form. */
export interface OutputServer {
  readonly withOutputs: LoweringTools['withOutputs'];
  /** Stands before the backend's allocator … */
  open(): void;
  /** … until this. */
  close(): void;
}

export function createOutputServer(heap: WasmHeap): OutputServer {
  let expected: readonly Made[] | null = null;
  let prepared: readonly tf.TensorInfo[] = [];
  let next = 0;
  const serve: WasmHeap['makeOutput'] = (shape, dtype, address, values) => {
    if (expected === null) return allocate(shape, dtype, address, values);
    const made = expected[next++] as Made | undefined;
    if (!made || made.dtype !== dtype || !tf.util.arraysEqual(made.shape as number[], shape as number[])) {
      throw new MurmurError('backend_failed', `a replayed kernel allocates ${dtype} [${shape.join(', ')}], which it did not when it was recorded`);
    }
    if (made.output === null) return allocate(shape, dtype, address, values);
    const { dataId } = prepared[made.output];
    if (values) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      heapBytes(heap, heapAddress(heap, dataId), bytes.length).set(bytes);
    }
    // Kernels write another shape into what they are given.
    return { dataId, shape: [...shape], dtype };
  };
  const allocate: WasmHeap['makeOutput'] = (...args) => (Object.getPrototypeOf(heap) as WasmHeap).makeOutput.apply(heap, args);
  return {
    withOutputs(made, outputs, run) {
      expected = made;
      prepared = outputs;
      next = 0;
      try {
        run();
      } finally {
        expected = null;
      }
    },
    open: () => void (heap.makeOutput = serve),
    close: () => void delete (heap as { makeOutput?: unknown }).makeOutput,
  };
}
