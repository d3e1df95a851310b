/** Where the values of a step lie: constants and what a step is given for good, everything else only as long as somebody still reads it. */
import type { Staged } from './constants.ts';
import { FUSED } from './fuse.ts';
import type { Lowered } from './lowering.ts';
import { readBy, sizeOf, type Assignment, type KernelOperation, type Operand, type Operation, type Program, type Value } from './program.ts';
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

/** Kernels whose output may lie where an input of the same size does: element i of the one is computed from element i of the other alone. */
const IN_PLACE: ReadonlySet<string> = new Set(['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum', 'Neg', 'Relu', 'Square', 'Sqrt', 'Abs', 'ClipByValue', FUSED.descend, FUSED.descendByProduct, FUSED.multiplyByStep, FUSED.whereWithin]);

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

  const inWeights = computedInPlace(operations, program.loss);
  const lastRead = new Map<Value, number>([[program.loss.value, operations.length]]);
  operations.forEach((operation, at) => {
    for (const { value } of readBy(operation)) lastRead.set(value, Math.max(at, lastRead.get(value) ?? -1));
  });
  const heap = createFreeList();
  const endingAt = new Map<number, { offset: number; bytes: number }[]>();
  const scratch: number[] = setup.map(() => 0);
  operations.forEach((operation, at) => {
    const release: { offset: number; bytes: number }[] = [];
    if (operation.type === 'kernel') {
      for (const { value } of operation.outputs) {
        if (offsets.has(value) || inWeights.has(value)) continue;
        const bytes = bytesOf(value);
        const offset = heap.take(bytes);
        offsets.set(value, offset);
        // An output that nobody reads lives while it is written.
        const last = Math.max(at, lastRead.get(value) ?? at);
        endingAt.set(last, [...(endingAt.get(last) ?? []), { offset, bytes }]);
      }
    }
    const need = align(lowered[setup.length + at].scratchBytes);
    const offset = lowered[setup.length + at].scratchBytes > 0 ? heap.take(need) : 0;
    if (lowered[setup.length + at].scratchBytes > 0) release.push({ offset, bytes: need });
    scratch.push(offset);
    for (const piece of [...release, ...(endingAt.get(at) ?? [])]) heap.give(piece.offset, piece.bytes);
  });
  // The part that is reused lies behind the part that is not.
  const shifted = new Set(operations.flatMap((operation) => (operation.type === 'kernel' ? operation.outputs.map(({ value }) => value) : [])));
  for (const value of shifted) {
    const offset = offsets.get(value);
    if (offset !== undefined) offsets.set(value, offset + end);
  }
  return { bytes: end + Math.max(heap.highest(), setupScratch), offsets, inWeights, scratch: scratch.map((offset) => offset + end) };
}

/** Memory that is handed out and taken back; the smallest piece that fits, at the lowest address. */
function createFreeList(): { take(bytes: number): number; give(offset: number, bytes: number): void; highest(): number } {
  let free: { offset: number; bytes: number }[] = [];
  let top = 0;
  return {
    highest: () => top,
    take(bytes) {
      let best = -1;
      free.forEach((piece, i) => {
        if (piece.bytes >= bytes && (best < 0 || piece.bytes < free[best].bytes)) best = i;
      });
      if (best >= 0) {
        const piece = free[best];
        const { offset } = piece;
        if (piece.bytes === bytes) free.splice(best, 1);
        else free[best] = { offset: offset + bytes, bytes: piece.bytes - bytes };
        return offset;
      }
      // A free piece at the end grows.
      const last = free.at(-1);
      if (last && last.offset + last.bytes === top) {
        free.pop();
        top = last.offset + bytes;
        return last.offset;
      }
      top += bytes;
      return top - bytes;
    },
    give(offset, bytes) {
      const at = free.findIndex((piece) => piece.offset > offset);
      free.splice(at < 0 ? free.length : at, 0, { offset, bytes });
      free = free.reduce<{ offset: number; bytes: number }[]>((merged, piece) => {
        const before = merged.at(-1);
        if (before && before.offset + before.bytes === piece.offset) before.bytes += piece.bytes;
        else merged.push({ ...piece });
        return merged;
      }, []);
    },
  };
}

/** The values that can be computed right where the weight lies that they are assigned to. */
function computedInPlace(operations: readonly Operation[], loss: Operand): ReadonlyMap<Value, Value> {
  const made = new Map<Value, number>();
  const readAt = new Map<Value, number[]>();
  const assignedAt = new Map<Value, number[]>();
  operations.forEach((operation, at) => {
    if (operation.type === 'kernel') for (const { value } of operation.outputs) made.set(value, at);
    else assignedAt.set(operation.to, [...(assignedAt.get(operation.to) ?? []), at]);
    for (const { value } of readBy(operation)) readAt.set(value, [...(readAt.get(value) ?? []), at]);
  });
  const found = new Map<Value, Value>();
  operations.forEach((operation, at) => {
    if (operation.type !== 'assignment') return;
    const { to, from } = operation;
    const birth = made.get(from.value);
    if (birth === undefined || found.has(from.value) || from.offset !== 0 || from.value.elements !== to.elements || from.value === loss.value) return;
    // The weight's old values must have been read for the last time, and the new ones before they are overwritten.
    const oldRead = (readAt.get(to) ?? []).some((read) => read > birth && read <= at);
    const overwritten = (assignedAt.get(to) ?? []).some((other) => other !== at && other > birth && (other < at || (readAt.get(from.value) ?? []).some((read) => read > other)));
    if (oldRead || overwritten || !canWriteOver(operations[birth] as KernelOperation, operation)) return;
    found.set(from.value, to);
  });
  return found;
}

function canWriteOver(maker: KernelOperation, { to, from }: Assignment): boolean {
  const reads = maker.inputs.filter((input) => input?.value === to) as Operand[];
  if (reads.length === 0) return maker.outputs.length === 1;
  const output = maker.outputs.find(({ value }) => value === from.value);
  return IN_PLACE.has(maker.kernel) && output !== undefined && reads.every(({ offset, shape }) => offset === 0 && sizeOf(shape) === sizeOf(output.shape));
}
