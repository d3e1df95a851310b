/** Where the values of a step lie: constants and what a step is given for good, everything else only as long as somebody still reads it. */
import type { Staged } from './constants.ts';
import { createFreeList, type Piece } from './free-list.ts';
import { computedInWeights, replaceableInput } from './in-place.ts';
import type { Lowered } from './lowering.ts';
import { readBy, type KernelOperation, type Program, type Value } from './program.ts';
import { BYTES_PER_ELEMENT } from './wasm-heap.ts';

export interface Placement {
  /** Bytes of the plan's own memory. */
  readonly bytes: number;
  /** Offset into the plan's memory; a weight and what is computed right into one have none. */
  readonly offsets: ReadonlyMap<Value, number>;
  /** Values that are computed where a weight lies. */
  readonly inWeights: ReadonlyMap<Value, Value>;
  /** Offset of each operation's scratch memory. */
  readonly scratch: readonly number[];
}

/** SIMD kernels read whole lines, and TensorFlow.js's a few bytes more than there are. */
const ALIGNMENT = 64;
const align = (bytes: number): number => Math.ceil((bytes + 16) / ALIGNMENT) * ALIGNMENT;
const bytesOf = ({ elements, dtype }: Value): number => align(elements * BYTES_PER_ELEMENT[dtype]);

export function place(program: Program, { setup, operations, constants }: Staged, lowered: readonly Lowered[]): Placement {
  const offsets = new Map<Value, number>();
  let end = 0;
  const forGood = (value: Value): void => {
    if (offsets.has(value)) return;
    offsets.set(value, end);
    end += bytesOf(value);
  };
  const used = new Set([program.loss, ...[...setup, ...operations].flatMap(readBy)].map(({ value }) => value));
  for (const value of program.values) {
    const given = value.origin === 'x' || value.origin === 'labels' || value.origin === 'rate' || value.origin === 'drawn';
    if (given || (constants.has(value) && used.has(value))) forGood(value);
  }
  // What is set up is there for good, whoever reads it.
  for (const { outputs } of setup) for (const { value } of outputs) forGood(value);
  let setupScratch = 0;
  setup.forEach((_, i) => (setupScratch = Math.max(setupScratch, align(lowered[i].scratchBytes))));

  const inWeights = computedInWeights(operations, program.loss);
  const lastRead = new Map<Value, number>([[program.loss.value, operations.length]]);
  operations.forEach((operation, at) => {
    for (const { value } of readBy(operation)) lastRead.set(value, Math.max(at, lastRead.get(value) ?? -1));
  });
  const heap = createFreeList();
  // What each value that is not there for good takes up, and when it is given back.
  const pieces = new Map<Value, Piece>();
  const endingAt = new Map<number, Value[]>();
  const scratch: number[] = setup.map(() => 0);
  operations.forEach((operation, at) => {
    const dies = (value: Value): boolean => pieces.has(value) && lastRead.get(value) === at;
    for (const value of operation.type === 'kernel' ? operation.outputs.map((output) => output.value) : []) {
      if (offsets.has(value) || inWeights.has(value)) continue;
      const replaced = replaceableInput(operation as KernelOperation, value, dies);
      const bytes = bytesOf(value);
      const piece = (replaced && pieces.get(replaced)) ?? { offset: heap.take(bytes), bytes };
      if (replaced) pieces.delete(replaced);
      pieces.set(value, piece);
      offsets.set(value, piece.offset);
      // An output that nobody reads lives while it is written.
      const last = Math.max(at, lastRead.get(value) ?? at);
      endingAt.set(last, [...(endingAt.get(last) ?? []), value]);
    }
    const { scratchBytes } = lowered[setup.length + at];
    const own = scratchBytes > 0 ? { offset: heap.take(align(scratchBytes)), bytes: align(scratchBytes) } : null;
    scratch.push(own?.offset ?? 0);
    for (const piece of [own, ...(endingAt.get(at) ?? []).map((value) => pieces.get(value))]) if (piece) heap.give(piece.offset, piece.bytes);
    for (const value of endingAt.get(at) ?? []) pieces.delete(value);
  });
  // The part that is reused lies behind the part that is not.
  const shifted = new Set(operations.flatMap((operation) => (operation.type === 'kernel' ? operation.outputs.map(({ value }) => value) : [])));
  for (const value of shifted) {
    const offset = offsets.get(value);
    if (offset !== undefined) offsets.set(value, offset + end);
  }
  return { bytes: end + Math.max(heap.highest(), setupScratch), offsets, inWeights, scratch: scratch.map((offset) => offset + end) };
}
