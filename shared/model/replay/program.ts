/** What a recorded step is: values, and the operations between them, in order. Plain data; nothing here runs. */
import type { Draw } from '../model-noise.ts';
import type { HeapDtype } from './wasm-heap.ts';

/**
 * Where a value comes from.
 * - `weight`: a variable of the model. The only values that change within a step: by an assignment.
 * - `x`, `labels`, `rate`: what each step is given.
 * - `written`: the host wrote it during the step, the same each time (a constant of the model).
 * - `drawn`: the host draws it anew for each step (dropout).
 * - `outside`: it was there before the step and is none of these (a tensor that a layer keeps).
 * - `computed`: a kernel made it.
 */
export type Origin = 'weight' | 'x' | 'labels' | 'rate' | 'written' | 'drawn' | 'outside' | 'computed';

/** One piece of memory with values in it; written once, unless it is a weight. */
export interface Value {
  readonly id: number;
  origin: Origin;
  readonly dtype: HeapDtype;
  readonly elements: number;
  /** Index of the variable; `weight` only. */
  readonly weight?: number;
  /** How many there are of them; `x` only. */
  readonly examples?: number;
  /** The bytes at the time of recording: `written`, `drawn` and `outside`. */
  readonly contents?: Uint8Array;
  /** `drawn` only. */
  draw?: Draw;
}

/** A value, or a part of one, as a kernel sees it. */
export interface Operand {
  readonly value: Value;
  /** Bytes from the beginning of the value. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly dtype: HeapDtype;
}

export type Attrs = Readonly<Record<string, unknown>>;

/** An allocation that a kernel made while it ran, in order: an output (its index), or scratch memory (null). */
export interface Made {
  readonly shape: readonly number[];
  readonly dtype: HeapDtype;
  readonly output: number | null;
}

export interface KernelOperation {
  readonly type: 'kernel';
  readonly kernel: string;
  /** Names of the inputs; null where the kernel takes a list. */
  readonly names: readonly string[] | null;
  /** null where an input that may be left out was. */
  readonly inputs: readonly (Operand | null)[];
  readonly attrs: Attrs;
  readonly outputs: readonly Operand[];
  readonly made: readonly Made[];
}

/** weight ← value */
export interface Assignment {
  readonly type: 'assignment';
  readonly to: Value;
  readonly from: Operand;
}

export type Operation = KernelOperation | Assignment;

export interface Program {
  /** `values[i].id` is i. */
  readonly values: readonly Value[];
  readonly operations: readonly Operation[];
  /** What the step gives, float32: a scalar where it learns. */
  readonly loss: Operand;
}

/** What the operation reads. */
export function readBy(operation: Operation): readonly Operand[] {
  return operation.type === 'assignment' ? [operation.from] : operation.inputs.filter((input) => input !== null);
}

/** The input of that name. @returns null where it was left out. */
export function inputOf(operation: KernelOperation, name: string): Operand | null {
  return operation.inputs[operation.names?.indexOf(name) ?? -1] ?? null;
}

/** The operands, where all are there and float32; otherwise null. */
export function floatOperands(...operands: readonly (Operand | null)[]): readonly Operand[] | null {
  return operands.every((operand) => operand?.dtype === 'float32') ? (operands as readonly Operand[]) : null;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
