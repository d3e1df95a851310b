/** Ranks within columns: the kernels against their twins, to the bit, and the networks that they run. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectionNetwork } from '../../shared/kernels/selection-network.ts';
import { LANE_BYTES } from '../../shared/kernels/twins/columns.ts';
import { createKernelPair, type KernelPair } from '../helpers/kernel-pair.ts';

const RUNS = { numRuns: 200, seed: 11 };

/** Some rows of the same width: few values among them, so that many are equal, or any. */
const matrix = fc.tuple(fc.integer({ min: 1, max: 19 }), fc.integer({ min: 1, max: 53 }), fc.boolean()).chain(([rows, width, few]) =>
  fc.array(fc.array(few ? fc.constantFrom(-1, -0, 0, 1) : fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: width, maxLength: width }), { minLength: rows, maxLength: rows }),
);

interface Laid {
  readonly rows: number;
  readonly lanes: number;
  readonly out: number;
  readonly network: number;
  readonly comparators: number;
}

function lay(pair: KernelPair, values: readonly (readonly number[])[], at: number, network: Uint32Array): Laid {
  const starts = values.map((row) => pair.put(Float32Array.from(row)) - at);
  return {
    rows: pair.put(Int32Array.from(starts)),
    network: pair.put(Int32Array.from(network, (row) => row * LANE_BYTES)), comparators: network.length / 2,
    lanes: pair.put(new Float32Array((LANE_BYTES / 4) * values.length)), out: pair.put(new Float32Array(values[0].length)),
  };
}

describe('a selection network', () => {
  it('puts every rank in order: all inputs of zeros and ones up to eleven rows, which decide it for all others', () => {
    for (let count = 1; count <= 11; count++) {
      const network = selectionNetwork(count);
      for (let bits = 0; bits < 2 ** count; bits++) {
        const rows = Array.from({ length: count }, (_, i) => (bits >> i) & 1);
        run(network, rows);
        expect(rows).toEqual([...rows].sort((a, b) => a - b));
      }
    }
  });

  it('puts the ranks that are asked for where they belong, with fewer comparisons', () => {
    const numbers = fc.integer({ min: 1, max: 120 }).chain((count) => fc.tuple(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: count, maxLength: count }), fc.nat(count - 1), fc.nat(count - 1)));
    fc.assert(fc.property(numbers, ([values, a, b]) => {
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      const rows = [...values];
      run(selectionNetwork(values.length, first, last), rows);
      expect(rows.slice(first, last + 1)).toEqual([...values].sort((x, y) => x - y).slice(first, last + 1));
    }), RUNS);
    expect(selectionNetwork(100, 49, 50).length).toBeLessThan(0.85 * selectionNetwork(100).length);
  });
});

function run(network: Uint32Array, rows: number[]): void {
  for (let i = 0; i < network.length; i += 2) {
    const [a, b] = [rows[network[i]], rows[network[i + 1]]];
    rows[network[i]] = Math.min(a, b);
    rows[network[i + 1]] = Math.max(a, b);
  }
}

describe('meanOfRanks', () => {
  it('is what its twin says, for any values, ranks and widths', () => {
    fc.assert(fc.property(matrix, fc.nat(), fc.nat(), (values, a, b) => {
      const count = values.length;
      const [first, last] = [Math.min(a % count, b % count), Math.max(a % count, b % count)];
      const pair = createKernelPair();
      const laid = lay(pair, values, 8, selectionNetwork(count, first, last));
      pair.both((kernels) => kernels.meanOfRanks(laid.rows, count, 8, values[0].length, laid.network, laid.comparators, first, last, laid.lanes, laid.out));
      const { module, twins } = pair.read(laid.out, new Int32Array(values[0].length));
      expect(module).toEqual(twins);
    }), RUNS);
  });

  it('knows the median and the extremes', () => {
    // Added up from 0, a −0 comes out as 0.
    const pair = createKernelPair();
    const laid = lay(pair, [[3, -0], [1, 0], [-2, -0], [8, -0]], 0, selectionNetwork(4));
    const ask = (first: number, last: number): number[] => {
      pair.both((kernels) => kernels.meanOfRanks(laid.rows, 4, 0, 2, laid.network, laid.comparators, first, last, laid.lanes, laid.out));
      return [...pair.read(laid.out, new Float32Array(2)).module];
    };
    expect(ask(1, 2)).toEqual([2, 0]);
    expect(ask(0, 0)).toEqual([-2, 0]);
    expect(ask(3, 3)).toEqual([8, 0]);
    expect(ask(0, 3)).toEqual([2.5, 0]);
  });
});

describe('meanNearMedian', () => {
  it('is what its twin says, for any values and widths', () => {
    fc.assert(fc.property(matrix, fc.nat(), (values, a) => {
      const count = values.length;
      const keep = 1 + (a % count);
      const pair = createKernelPair();
      const laid = lay(pair, values, 0, selectionNetwork(count));
      pair.both((kernels) => kernels.meanNearMedian(laid.rows, count, 0, values[0].length, laid.network, laid.comparators, keep, laid.lanes, laid.out));
      const { module, twins } = pair.read(laid.out, new Int32Array(values[0].length));
      expect(module).toEqual(twins);
    }), RUNS);
  });

  it('keeps those that lie nearest, and of two choices the lower', () => {
    const pair = createKernelPair();
    // The median of 0, 1, 2, 3 and 100 is 2: 1, 2 and 3 lie nearest. That of 0, 1, 2, 3, 4 is 2, too: of two, 1 and 2 are the lower choice.
    const laid = lay(pair, [[0, 4], [100, 3], [2, 2], [1, 1], [3, 0]], 0, selectionNetwork(5));
    const ask = (keep: number): number[] => {
      pair.both((kernels) => kernels.meanNearMedian(laid.rows, 5, 0, 2, laid.network, laid.comparators, keep, laid.lanes, laid.out));
      return [...pair.read(laid.out, new Float32Array(2)).module];
    };
    expect(ask(3)).toEqual([2, 2]);
    expect(ask(2)).toEqual([1.5, 1.5]);
    expect(ask(1)).toEqual([2, 2]);
  });
});
