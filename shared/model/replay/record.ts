/**
 * Records a step: which kernels of the wasm backend ran on what. Only while recording are the kernels in the registry
 * of TensorFlow.js replaced by ones that take notes, so that nothing else pays for it.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Draw, ModelNoise } from '../model-noise.ts';
import type { Batch } from '../resident-examples.ts';
import type { KernelOperation, Made, Operand, Operation, Origin, Program, Value } from './program.ts';
import { BYTES_PER_ELEMENT, heapAddress, heapBytes, isHeapDtype, type HeapDtype, type WasmHeap } from './wasm-heap.ts';

/** What a step is given, and what it changes. */
export interface StepFrame {
  readonly weights: readonly tf.Variable[];
  readonly batch: Batch;
  /** null where nothing is learned. */
  readonly rate: tf.Scalar | null;
  readonly noise: ModelNoise;
}

export interface Recording<T extends tf.Tensor = tf.Scalar> {
  /** What the step returned, its loss or another result; the caller disposes it. */
  readonly loss: T;
  /** null where the step cannot be replayed. */
  readonly program: Program | null;
  /** Why not. */
  readonly reason: string | null;
}

/** What these give depends on more than their inputs. */
const RANDOM_KERNELS: ReadonlySet<string> = new Set(['Multinomial', 'RandomGamma', 'RandomStandardNormal', 'RandomUniform', 'RandomUniformInt', 'TruncatedNormal']);

/** Runs the step as it is, once, and notes what it did. @throws what the step throws; kernels and backend are then what they were. */
export function recordStep<T extends tf.Tensor>(heap: WasmHeap, frame: StepFrame, step: () => T): Recording<T> {
  const notes = createNotes(heap, frame);
  const restore = [watchKernels(heap, notes), watchHost(heap, notes), watchFrame(frame, notes)];
  let loss: T;
  try {
    loss = step();
  } finally {
    for (const undo of restore.reverse()) undo();
  }
  const result = notes.refused() === null ? notes.operand(loss) : null;
  const wanted = frame.rate === null ? loss.size : 1;
  if (result !== null && (result.dtype !== 'float32' || result.value.elements !== wanted)) notes.refuse(frame.rate === null ? 'what it gives is not float32' : 'the loss is no float32 scalar');
  const reason = notes.refused();
  return reason === null && result ? { loss, reason: null, program: { values: notes.values, operations: notes.operations, loss: result } } : { loss, reason, program: null };
}

interface Notes {
  readonly values: Value[];
  readonly operations: Operation[];
  /** The first reason counts. */
  refuse(reason: string): void;
  refused(): string | null;
  /** Kernels call each other: only the outermost call is noted. */
  depth: number;
  /** What the outermost call has allocated so far. */
  made: { dataId: tf.DataId; shape: readonly number[]; dtype: HeapDtype }[];
  /** The tensor as an operand; one seen for the first time comes from outside. */
  operand(tensor: tf.TensorInfo): Operand | null;
  known(dataId: tf.DataId): Value | undefined;
  add(dataId: tf.DataId, origin: Origin, dtype: string, elements: number, facts?: Partial<Value>): Value | null;
}

function createNotes(heap: WasmHeap, { weights, batch, rate }: StepFrame): Notes {
  const byDataId = new Map<tf.DataId, Value>();
  let reason: string | null = null;
  const notes: Notes = {
    values: [],
    operations: [],
    depth: 0,
    made: [],
    refuse: (why) => void (reason ??= why),
    refused: () => reason,
    known: (dataId) => byDataId.get(dataId),
    operand(tensor) {
      const elements = tf.util.sizeFromShape(tensor.shape);
      let value: Value | null | undefined = byDataId.get(tensor.dataId);
      if (value === undefined) {
        if (!heap.dataIdMap.has(tensor.dataId) || !isHeapDtype(tensor.dtype)) {
          notes.refuse(`a ${tensor.dtype} tensor that does not lie in the memory of the backend`);
          return null;
        }
        const contents = heapBytes(heap, heapAddress(heap, tensor.dataId), elements * BYTES_PER_ELEMENT[tensor.dtype]).slice();
        value = notes.add(tensor.dataId, 'outside', tensor.dtype, elements, { contents });
      }
      if (!value || !isHeapDtype(tensor.dtype)) return null;
      return { value, offset: 0, shape: [...tensor.shape], dtype: tensor.dtype };
    },
    add(dataId, origin, dtype, elements, facts = {}) {
      if (!isHeapDtype(dtype)) {
        notes.refuse(`a ${dtype} tensor`);
        return null;
      }
      const value: Value = { id: notes.values.length, origin, dtype, elements, ...facts };
      notes.values.push(value);
      byDataId.set(dataId, value);
      return value;
    },
  };
  weights.forEach((variable, weight) => notes.add(variable.dataId, 'weight', variable.dtype, variable.size, { weight }));
  notes.add(batch.x.dataId, 'x', batch.x.dtype, batch.x.size, { examples: batch.x.shape[0] });
  notes.add(batch.labels.dataId, 'labels', batch.labels.dtype, batch.labels.size);
  if (rate !== null) notes.add(rate.dataId, 'rate', rate.dtype, 1);
  return notes;
}

/** Puts a note-taking kernel around each of the backend's. @returns what takes them away again. */
function watchKernels(heap: WasmHeap, notes: Notes): () => void {
  const originals = tf.getKernelsForBackend('wasm');
  const replace = (kernel: tf.KernelConfig): void => {
    tf.unregisterKernel(kernel.kernelName, 'wasm');
    tf.registerKernel(kernel);
  };
  for (const original of originals) {
    replace({
      ...original,
      kernelFunc(call) {
        if (notes.depth > 0 || notes.refused() !== null) return original.kernelFunc(call);
        const { names, inputs } = inputsOf(call.inputs, notes);
        notes.depth++;
        notes.made = [];
        let result: tf.TensorInfo | tf.TensorInfo[];
        try {
          result = original.kernelFunc(call);
        } finally {
          notes.depth--;
        }
        noteCall(notes, { type: 'kernel', kernel: original.kernelName, names, inputs, attrs: (call.attrs ?? {}) }, Array.isArray(result) ? result : [result]);
        return result;
      },
    });
  }
  const makeOutput = heap.makeOutput;
  heap.makeOutput = (shape, dtype, address, values) => {
    const output = makeOutput.call(heap, shape as number[], dtype, address, values);
    if (notes.depth > 0) {
      if (address !== undefined && address !== null) notes.refuse('a kernel that allocates its output itself');
      else if (isHeapDtype(dtype)) notes.made.push({ dataId: output.dataId, shape: [...shape], dtype });
      else notes.refuse(`a kernel that makes a ${dtype} tensor`);
    }
    return output;
  };
  return () => {
    originals.forEach(replace);
    delete (heap as { makeOutput?: unknown }).makeOutput;
  };
}

/** Kernels take their inputs by name or, a few of them, as a list. */
function inputsOf(given: unknown, notes: Notes): { names: readonly string[] | null; inputs: readonly (Operand | null)[] } {
  const operand = (tensor: tf.TensorInfo | null | undefined): Operand | null => (tensor ? notes.operand(tensor) : null);
  if (Array.isArray(given)) return { names: null, inputs: (given as tf.TensorInfo[]).map(operand) };
  const named = (given ?? {}) as Record<string, tf.TensorInfo | undefined>;
  return { names: Object.keys(named), inputs: Object.values(named).map(operand) };
}

function noteCall(notes: Notes, call: Omit<KernelOperation, 'outputs' | 'made'>, results: readonly tf.TensorInfo[]): void {
  if (RANDOM_KERNELS.has(call.kernel)) return notes.refuse(`${call.kernel} draws at random`);
  const outputs: Operand[] = [];
  const outputAt = new Map<tf.DataId, number>();
  for (const result of results) {
    const allocation = notes.made.find(({ dataId }) => dataId === result.dataId);
    if (allocation) {
      outputAt.set(result.dataId, outputs.length);
      const value = notes.add(result.dataId, 'computed', allocation.dtype, tf.util.sizeFromShape([...allocation.shape]));
      if (value === null || !isHeapDtype(result.dtype)) return;
      outputs.push({ value, offset: 0, shape: [...result.shape], dtype: result.dtype });
    } else if (!notes.known(result.dataId)) {
      return notes.refuse(`${call.kernel} makes its output in a way of its own`);
    }
  }
  // A kernel that gives its input back under another shape (Reshape) has nothing to do: whoever reads its output names that input.
  if (outputs.length === 0) return;
  if (outputs.length !== results.length) return notes.refuse(`${call.kernel} gives an input back beside what it makes`);
  const made: Made[] = notes.made.map(({ dataId, shape, dtype }) => ({ shape, dtype, output: outputAt.get(dataId) ?? null }));
  notes.operations.push({ ...call, outputs, made });
}

/** What passes between the host and the backend outside of kernels. */
function watchHost(heap: WasmHeap, notes: Notes): () => void {
  type Open = { write(...args: unknown[]): tf.DataId; readSync(...args: unknown[]): unknown; read(...args: unknown[]): unknown; move(...args: unknown[]): void };
  const backend = heap as unknown as Open;
  const { write, readSync, read, move } = backend;
  let writing = false;
  backend.write = (...args) => {
    // It calls `move` itself.
    writing = true;
    let dataId: tf.DataId;
    try {
      dataId = write.apply(heap, args);
    } finally {
      writing = false;
    }
    if (notes.depth === 0) {
      const [values, shape, dtype] = args as [tf.backend_util.TypedArray, number[], string];
      const contents = ArrayBuffer.isView(values) ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice() : undefined;
      if (contents) notes.add(dataId, 'written', dtype, tf.util.sizeFromShape(shape), { contents });
      else notes.refuse(`the host writes a ${dtype} tensor`);
    }
    return dataId;
  };
  backend.move = (...args) => {
    if (!writing && notes.depth === 0) notes.refuse('a tensor of another backend');
    move.apply(heap, args);
  };
  const reading = (original: (...args: unknown[]) => unknown) => (...args: unknown[]): unknown => {
    if (notes.depth === 0) notes.refuse('the host reads values during the step');
    return original.apply(heap, args);
  };
  backend.readSync = reading(readSync);
  backend.read = reading(read);
  return () => {
    for (const name of ['write', 'move', 'readSync', 'read'] as const) delete (heap as unknown as Partial<Open>)[name];
  };
}

/** Assignments to the weights, and the draws of the model's noise. */
function watchFrame({ weights, noise }: StepFrame, notes: Notes): () => void {
  const assigns = weights.map((variable) => variable.assign);
  weights.forEach((variable, i) => {
    const home = variable.dataId;
    variable.assign = (tensor) => {
      const to = notes.known(home);
      const from = notes.operand(tensor);
      if (to && from) notes.operations.push({ type: 'assignment', to, from });
      assigns[i].call(variable, tensor);
      if (variable.dataId !== home) notes.refuse('a weight that moves to other memory');
    };
  });
  noise.watcher = (tensor, draw: Draw) => {
    const value = notes.known(tensor.dataId);
    if (value === undefined) return notes.refuse('noise that was not written');
    value.origin = 'drawn';
    value.draw = draw;
  };
  return () => {
    weights.forEach((variable, i) => (variable.assign = assigns[i]));
    noise.watcher = null;
  };
}
