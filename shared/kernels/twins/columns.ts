/** Ranks within columns, in plain TypeScript: what the SIMD kernels compute, to the bit. */
import type { KernelMemory } from '../memory.ts';

export interface ColumnKernels {
  /**
   * out [width] = for each column from `at` (bytes into each row) on, the mean of its values of the ranks first … last, both
   * included and counted from the lowest, added up from the lowest in float64. `rows`: the addresses of the rows, uint32; −0 ranks
   * below 0. `network`: comparisons that put those ranks in order (`selection-network.ts`), each two uint32, the places of its lower
   * and its upper row in `lanes`, which is room for 64 bytes a row.
   */
  meanOfRanks(rows: number, count: number, at: number, width: number, network: number, comparators: number, first: number, last: number, lanes: number, out: number): void;
  /**
   * out [width] = for each column the mean of the `keep` values that lie nearest to its median, which of an even number is the mean of the
   * two in the middle: of equally narrow choices the lowest. The network puts all ranks in order.
   */
  meanNearMedian(rows: number, count: number, at: number, width: number, network: number, comparators: number, keep: number, lanes: number, out: number): void;
}

/** Bytes of `lanes` a row: sixteen columns at a time. */
export const LANE_BYTES = 64;

export function columnTwins(memory: KernelMemory): ColumnKernels {
  const eachColumn = (rows: number, count: number, at: number, width: number, out: number, meanOf: (sorted: Float32Array) => number): void => {
    const values = Array.from(new Uint32Array(memory.buffer, rows, count), (start) => new Float32Array(memory.buffer, start + at, width));
    const column = new Float32Array(count);
    const means = new Float32Array(memory.buffer, out, width);
    for (let i = 0; i < width; i++) {
      for (let row = 0; row < count; row++) column[row] = values[row][i];
      // A typed array sorts −0 below 0.
      means[i] = meanOf(column.sort());
    }
  };
  return {
    meanOfRanks(rows, count, at, width, _network, _comparators, first, last, _lanes, out) {
      eachColumn(rows, count, at, width, out, (sorted) => meanBetween(sorted, first, last));
    },
    meanNearMedian(rows, count, at, width, _network, _comparators, keep, _lanes, out) {
      eachColumn(rows, count, at, width, out, (sorted) => {
        const median = (sorted[(count - 1) >> 1] + sorted[count >> 1]) / 2;
        let best = 0;
        let least = Infinity;
        for (let from = 0; from + keep <= count; from++) {
          const spread = Math.max(median - sorted[from], sorted[from + keep - 1] - median);
          if (spread >= least) continue;
          least = spread;
          best = from;
        }
        return meanBetween(sorted, best, best + keep - 1);
      });
    },
  };
}

function meanBetween(sorted: Float32Array, first: number, last: number): number {
  let sum = 0;
  for (let rank = first; rank <= last; rank++) sum += sorted[rank];
  return sum / (last - first + 1);
}
