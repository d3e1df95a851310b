/**
 * The memory in which rules work: a row of float32 for each report, and room for what the kernels need beside. Pages that nobody
 * writes cost nothing, so that it is as large as what was reported.
 */
import { createKernels, type Kernels } from '../../shared/kernels/kernels.ts';
import { createKernelMemory } from '../../shared/kernels/memory.ts';
import { selectionNetwork } from '../../shared/kernels/selection-network.ts';
import { LANE_BYTES } from '../../shared/kernels/twins/columns.ts';

export interface RowMemory {
  readonly kernels: Kernels;
  readonly buffer: ArrayBuffer;
  readonly heap: Float32Array;
  readonly rows: number;
  /** Values of a row. */
  readonly width: number;
  /** Address of a row. */
  rowAt(row: number): number;
  /** Puts the addresses of these rows into the table, and says where that is. */
  table(rows: readonly number[]): number;
  /** Puts a network for so many rows there, and says where, and of how many comparisons. */
  network(count: number, first: number, last: number): { readonly at: number; readonly comparators: number };
  /** For sorting. */
  readonly lanes: number;
  /** A float64 for each two rows. */
  readonly pairs: number;
  /** `MOST_COLUMNS` of float64, of float32, and of float32. */
  readonly wide: number;
  readonly narrow: number;
  readonly center: number;
}

/** Columns that are worked on at a time at most. */
export const MOST_COLUMNS = 65_536;

/** A cache line more each time: things that begin at the same place in a page hinder each other. */
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64 + 64;

/** Bytes of so many rows: what the memory is chosen by; the room beside them is small. */
export const rowBytes = (rows: number, width: number): number => rows * aligned(4 * width);

/** @param pairwise whether each two rows are compared */
export function createRowMemory(rows: number, width: number, pairwise: boolean): RowMemory {
  const network = selectionNetwork(rows);
  let end = 64;
  const take = (bytes: number): number => {
    const at = end;
    end += aligned(bytes);
    return at;
  };
  const tableAt = take(4 * rows);
  const networkAt = take(network.byteLength);
  const lanes = take(LANE_BYTES * rows);
  const pairs = take(pairwise ? 8 * rows * rows : 0);
  const wide = take(8 * MOST_COLUMNS);
  const narrow = take(4 * MOST_COLUMNS);
  const center = take(4 * MOST_COLUMNS);
  const first = take(rowBytes(rows, width));
  const memory = createKernelMemory(end);
  const stride = aligned(4 * width);
  const rowAt = (row: number): number => first + row * stride;
  return {
    kernels: createKernels(memory), buffer: memory.buffer, heap: new Float32Array(memory.buffer),
    rows, width, rowAt, lanes, pairs, wide, narrow, center,
    table(chosen) {
      new Uint32Array(memory.buffer, tableAt, chosen.length).set(chosen.map(rowAt));
      return tableAt;
    },
    network(count, from, to) {
      const found = selectionNetwork(count, from, to);
      new Uint32Array(memory.buffer, networkAt, found.length).set(found.map((row) => row * LANE_BYTES));
      return { at: networkAt, comparators: found.length / 2 };
    },
  };
}
