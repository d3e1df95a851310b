/** What an operation becomes before it has addresses: how much scratch memory it needs, and how it is bound to where its operands lie. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Kernels } from '../../kernels/kernels.ts';
import type { Prepared } from '../kernels/prepared.ts';
import type { KernelOperation, Made, Operand } from './program.ts';
import type { SparseBatch, SparseRead } from './sparse-batch.ts';
import type { HeapDtype, WasmHeap } from './wasm-heap.ts';

/** Does one operation of a step, on memory that was settled when the plan was made. */
export type Run = () => void;

/** Byte address of an operand. */
export type Addresses = (operand: Operand) => number;

export interface Lowered {
  /** Bytes that it writes to while it runs; nobody else's then. */
  readonly scratchBytes: number;
  /** What it reads of the step's examples where they are given sparse: then not x itself. */
  readonly sparse?: SparseRead;
  bind(at: Addresses, scratch: number): Run;
}

/** What a lowering may use. */
export interface LoweringTools {
  readonly heap: WasmHeap;
  /** null where the device has no SIMD: then TensorFlow.js's own kernels do everything. */
  readonly kernels: Kernels | null;
  readonly sparse: SparseBatch;
  /** The memory at an address as a tensor that kernels of TensorFlow.js take; lives as long as the plan. */
  tensorAt(shape: readonly number[], dtype: HeapDtype, address: number): tf.TensorInfo;
  /** Runs a kernel of TensorFlow.js whose allocations are answered with these outputs. */
  withOutputs(made: readonly Made[], outputs: readonly tf.TensorInfo[], run: () => void): void;
}

/** null where it does not fit the operation's shapes or types; the general form serves then. */
export type Lowering = (operation: KernelOperation, tools: LoweringTools) => Lowered | null;

/** The common case: no scratch memory. */
export function lowered(bind: (at: Addresses) => Run): Lowered {
  return { scratchBytes: 0, bind };
}

/** A kernel of ours that was prepared for these shapes; operands in the order of its addresses. */
export function loweredPrepared(prepared: Prepared, operands: readonly Operand[]): Lowered {
  return {
    scratchBytes: prepared.scratchBytes,
    bind(at, scratch) {
      const addresses = operands.map(at);
      return () => prepared.run(addresses, scratch);
    },
  };
}
