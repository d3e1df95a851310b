/** What rules ask of the reports of a round, by the kernels, over as many columns at a time as the caches like. */
import type { Center, ReportedVectors } from '../../shared/aggregation/rule.ts';
import { MOST_COLUMNS } from './row-memory.ts';
import type { RowSource } from './row-source.ts';

/** Values of all rows between two pauses: some tens of milliseconds of work. */
const VALUES_A_TURN = 1 << 23;
/** Columns whose float64 sum lies in the first cache. Stretches and windows are multiples: where one ends must not show in the bits of a sum. */
export const BLOCK_COLUMNS = 2048;

/** Columns from `from` on, `columns` of them, that lie `at` bytes into each row. */
interface Stretch {
  readonly from: number;
  readonly at: number;
  readonly columns: number;
}

/**
 * @param weights in the order of the source
 * @param pause lets others have their turn
 */
export function reportedVectors(source: RowSource, weights: readonly number[], pause: () => Promise<void>): ReportedVectors {
  const { memory, order, size } = source;
  const { kernels, heap, buffer } = memory;
  const count = order.length;
  const all = order.map((_, i) => i);
  const rowsOf = (chosen: readonly number[]): number => memory.table(chosen.map((i) => order[i]));

  async function eachBlock(visit: (block: Stretch) => void): Promise<void> {
    await eachStretch(({ from, at, columns }) => {
      for (let done = 0; done < columns; done += BLOCK_COLUMNS) visit({ from: from + done, at: at + 4 * done, columns: Math.min(BLOCK_COLUMNS, columns - done) });
    });
  }

  async function eachStretch(visit: (stretch: Stretch) => void): Promise<void> {
    const turn = Math.max(BLOCK_COLUMNS, Math.min(MOST_COLUMNS, Math.floor(VALUES_A_TURN / count / BLOCK_COLUMNS) * BLOCK_COLUMNS));
    let first = true;
    for (let window = 0; window < size; window += source.columns) {
      const end = Math.min(window + source.columns, size);
      const at = await source.load(window, end);
      for (let from = window; from < end; from += turn) {
        if (!first) await pause();
        first = false;
        visit({ from, at: at + 4 * (from - window), columns: Math.min(turn, end - from) });
      }
    }
  }

  const result = (from: number, columns: number, into: Float32Array): void => into.set(heap.subarray(memory.narrow / 4, memory.narrow / 4 + columns), from);

  /** Visits each block once what the reports combine to lies in `narrow`. */
  async function combined(factors: readonly number[], center: Center | undefined, visit: (block: Stretch) => void): Promise<Float32Array> {
    const vector = new Float32Array(size);
    const wide = new Float64Array(buffer, memory.wide, BLOCK_COLUMNS);
    await eachBlock((block) => {
      const { from, at, columns } = block;
      if (center) for (let i = 0; i < columns; i++) wide[i] = center.own * center.vector[from + i];
      else wide.fill(0);
      for (const i of all) if (factors[i] !== 0) kernels.addScaledWide(memory.wide, memory.rowAt(order[i]) + at, columns, factors[i]);
      heap.set(wide.subarray(0, columns), memory.narrow / 4);
      result(from, columns, vector);
      visit(block);
    });
    return vector;
  }

  const measureTo = (squared: Float64Array, point: number, { at, columns }: Stretch): void => {
    for (const i of all) squared[i] += kernels.squaredDistance(memory.rowAt(order[i]) + at, point, columns);
  };

  return {
    count, size, weights,
    async meanOfRanks(first, last) {
      const means = new Float32Array(size);
      const { at: network, comparators } = memory.network(count, first, last);
      await eachStretch(({ from, at, columns }) => {
        kernels.meanOfRanks(rowsOf(all), count, at, columns, network, comparators, first, last, memory.lanes, memory.narrow);
        result(from, columns, means);
      });
      return means;
    },
    async meanNearMedian(chosen, keep) {
      const means = new Float32Array(size);
      const { at: network, comparators } = memory.network(chosen.length, 0, chosen.length - 1);
      await eachStretch(({ from, at, columns }) => {
        kernels.meanNearMedian(rowsOf(chosen), chosen.length, at, columns, network, comparators, keep, memory.lanes, memory.narrow);
        result(from, columns, means);
      });
      return means;
    },
    async distances() {
      const pairs = new Float64Array(buffer, memory.pairs, count * count);
      pairs.fill(0);
      await eachStretch(({ at, columns }) => kernels.squaredDistances(rowsOf(all), count, at, columns, memory.pairs));
      const squared = pairs.slice();
      for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) squared[i * count + j] = squared[j * count + i];
      return squared;
    },
    async distancesTo(center) {
      const squared = new Float64Array(count);
      await eachBlock((block) => {
        const point = heap.subarray(memory.center / 4, memory.center / 4 + block.columns);
        if (center) point.set(center.subarray(block.from, block.from + block.columns));
        else point.fill(0);
        measureTo(squared, memory.center, block);
      });
      return squared;
    },
    combine: (factors, center) => combined(factors, center, () => undefined),
    async combineAndMeasure(factors, center) {
      const squared = new Float64Array(count);
      const vector = await combined(factors, center, (block) => measureTo(squared, memory.narrow, block));
      return { vector, squared };
    },
  };
}
