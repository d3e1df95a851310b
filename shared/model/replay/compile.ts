/** From a recorded program to memory with everything in its place, and calls with nothing left to find out. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Kernels } from '../../kernels/kernels.ts';
import type { Draw } from '../model-noise.ts';
import { stage } from './constants.ts';
import { fuse } from './fuse.ts';
import { createOutputServer, type OutputServer } from './general.ts';
import { lower } from './lower.ts';
import type { Addresses, LoweringTools, Run } from './lowering.ts';
import { place } from './place.ts';
import type { Operation, Program, Value } from './program.ts';
import { simplify } from './simplify.ts';
import { createSparseBatch, placeSparse, sparseBytes, wantsOf, type SparseBatch, type SparseWants } from './sparse-batch.ts';
import { heapAddress, heapBytes, placeAt, removePlaced, type WasmHeap } from './wasm-heap.ts';

/** Holds nothing of the program, which may be large. */
export interface CompiledStep {
  /** Bytes of memory that it has to itself. */
  readonly bytes: number;
  /** One after the other, between `outputs.open()` and `outputs.close()`. */
  readonly runs: readonly Run[];
  readonly outputs: OutputServer;
  /** Addresses of what a step is given, and of the loss; 0 for the rate where it does not learn. */
  readonly given: Readonly<Record<'x' | 'labels' | 'rate', number>>;
  /** The examples in another form, and who wants it. */
  readonly sparse: { readonly batch: SparseBatch; readonly wants: SparseWants };
  readonly loss: number;
  /** What is drawn before each step; `id`: the value's, in the program. */
  readonly drawn: readonly { readonly id: number; readonly address: number; readonly elements: number; readonly draw: Draw }[];
  free(): void;
}

/** A step may not need more than this. */
const MOST_BYTES = 256 * 2 ** 20;

export interface CompileOptions {
  readonly heap: WasmHeap;
  /** null where the device has no SIMD. */
  readonly kernels: Kernels | null;
  readonly weights: readonly tf.Variable[];
  /** A plan may not need more than this; 256 MiB unless said otherwise. */
  readonly mostBytes?: number;
}

/** @returns the step, or the reason why it cannot be had */
export function compileStep(program: Program, { heap, kernels, weights, mostBytes = MOST_BYTES }: CompileOptions): CompiledStep | string {
  const simple = kernels ? fuse(simplify(program)) : simplify(program);
  const staged = stage(simple);
  const operations: readonly Operation[] = [...staged.setup, ...staged.operations];
  const placed: tf.TensorInfo[] = [];
  const outputs = createOutputServer(heap);
  const sparse = createSparseBatch(simple);
  const tools: LoweringTools = {
    heap,
    kernels,
    sparse,
    withOutputs: outputs.withOutputs,
    tensorAt(shape, dtype, address) {
      const tensor = placeAt(heap, shape, dtype, address);
      placed.push(tensor);
      return tensor;
    },
  };
  const lowered = operations.map((operation) => lower(operation, tools));
  const placement = place(simple, staged, lowered);
  const wants = wantsOf(sparse, operations, lowered);
  const bytes = placement.bytes + sparseBytes(sparse, wants);
  if (bytes > mostBytes) return `it would need ${Math.ceil(bytes / 2 ** 20)} MB`;

  const arena = heap.makeOutput([bytes / 4 + 16], 'float32');
  const start = heapAddress(heap, arena.dataId);
  const free = (): void => {
    for (const tensor of placed.splice(0)) removePlaced(heap, tensor);
    heap.disposeData(arena.dataId);
  };
  if (start === 0) {
    removePlaced(heap, arena);
    return `there is no memory for its ${Math.ceil(bytes / 2 ** 20)} MB`;
  }
  try {
    const base = Math.ceil(start / 64) * 64;
    placeSparse(sparse, base + placement.bytes);
    const weightAddresses = weights.map(({ dataId }) => heapAddress(heap, dataId));
    const addressOf = (value: Value): number => {
      const { weight } = placement.inWeights.get(value) ?? value;
      return weight === undefined ? base + (placement.offsets.get(value) as number) : weightAddresses[weight];
    };
    const at: Addresses = ({ value, offset }) => addressOf(value) + offset;
    for (const value of simple.values) if (value.contents && placement.offsets.has(value)) heapBytes(heap, addressOf(value), value.contents.length).set(value.contents);
    const runs = operations.map((operation, i) => (isDone(operation, placement.inWeights) ? null : lowered[i].bind(at, base + placement.scratch[i])));
    outputs.open();
    try {
      for (const run of runs.splice(0, staged.setup.length)) run?.();
    } finally {
      outputs.close();
    }
    const given = (origin: Value['origin']): number => addressOf(simple.values.find((value) => value.origin === origin) as Value);
    const learns = simple.values.some(({ origin }) => origin === 'rate');
    return {
      bytes,
      runs: runs.filter((run) => run !== null),
      outputs,
      given: { x: given('x'), labels: given('labels'), rate: learns ? given('rate') : 0 },
      sparse: { batch: sparse, wants },
      loss: at(simple.loss),
      drawn: simple.values.flatMap((value) => (value.origin === 'drawn' && value.draw ? [{ id: value.id, address: addressOf(value), elements: value.elements, draw: value.draw }] : [])),
      free,
    };
  } catch (thrown) {
    free();
    throw thrown;
  }
}

/** An assignment of what was computed in the weight's own place has been done already. */
function isDone(operation: Operation, inWeights: ReadonlyMap<Value, Value>): boolean {
  return operation.type === 'assignment' && (operation.from.value === operation.to || inWeights.get(operation.from.value) === operation.to);
}
