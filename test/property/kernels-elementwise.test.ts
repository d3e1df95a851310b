/** The kernels of replayed steps against their twins, to the bit, over random lengths and values. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernelPair } from '../helpers/kernel-pair.ts';

const RUNS = { numRuns: 300, seed: 11 };
/** Such that nothing becomes NaN; both zeros and tiny numbers are among them. */
const value = fc.oneof({ weight: 8, arbitrary: fc.float({ min: -1000, max: 1000, noNaN: true }) }, { weight: 1, arbitrary: fc.constantFrom(0, -0, 1, -1, 0.5, Math.fround(1e-40)) });
const lengths = fc.integer({ min: 1, max: 70 });
const drawn = (count: number): fc.Arbitrary<Float32Array> => fc.array(value, { minLength: count, maxLength: count }).map((values) => Float32Array.from(values));
const apart = fc.integer({ min: 0, max: 3 }).map((floatsApart) => 4 * floatsApart);

/** How an operand lies beside an output of rows and columns. */
const lie = fc.constantFrom<'each' | 'row' | 'column' | 'one'>('each', 'row', 'column', 'one');
const strides = { each: [true, true], row: [false, true], column: [true, false], one: [false, false] } as const;

describe('arithmetic', () => {
  const shapes = fc.record({ rows: fc.integer({ min: 1, max: 6 }), columns: lengths, lies: fc.tuple(lie, lie), gap: apart });

  it.each(['addArrays', 'subtractArrays', 'multiplyArrays', 'divideArrays'] as const)('%s is what its twin says, however the operands lie', (name) => {
    fc.assert(fc.property(shapes.chain((shape) => fc.tuple(fc.constant(shape), drawn(shape.rows * shape.columns), drawn(shape.rows * shape.columns))), ([{ rows, columns, lies, gap }, a, b]) => {
      const pair = createKernelPair();
      // A divisor of zero would give NaN.
      const [x, y] = [pair.put(a, gap), pair.put(b.map((one) => (one === 0 ? 3 : one)))];
      const out = pair.put(new Float32Array(rows * columns).fill(9), gap);
      const [[aRow, aColumn], [bRow, bColumn]] = lies.map((how) => {
        const [moves, across] = strides[how];
        return [moves ? (across ? columns : 1) : 0, across ? 1 : 0];
      });
      pair.same((kernels) => kernels[name](x, y, out, rows, columns, aRow, aColumn, bRow, bColumn));
      // In place of a dense operand.
      if (lies[0] === 'each') pair.same((kernels) => kernels[name](x, y, x, rows, columns, aRow, aColumn, bRow, bColumn));
      if (lies[1] === 'each') pair.same((kernels) => kernels[name](x, y, y, rows, columns, aRow, aColumn, bRow, bColumn));
    }), RUNS);
  });

  it('adds what it should', () => {
    const pair = createKernelPair();
    const a = pair.put(Float32Array.of(1, 2, 3, 4, 5, 6));
    const b = pair.put(Float32Array.of(10, 20, 30));
    const out = pair.put(new Float32Array(6));
    pair.same((kernels) => kernels.addArrays(a, b, out, 2, 3, 3, 1, 0, 1));
    expect([...pair.read(out, new Float32Array(6)).module]).toEqual([11, 22, 33, 14, 25, 36]);
    pair.same((kernels) => kernels.subtractArrays(b, a, out, 3, 2, 1, 0, 2, 1));
    expect([...pair.read(out, new Float32Array(6)).module]).toEqual([9, 8, 17, 16, 25, 24]);
  });
});

describe('functions of one array', () => {
  it('are what their twins say', () => {
    fc.assert(fc.property(lengths.chain(drawn), apart, fc.float({ min: -2, max: 1, noNaN: true }), fc.float({ min: 1, max: 3, noNaN: true }), (values, gap, least, most) => {
      const pair = createKernelPair();
      const count = values.length;
      const [x, a, rate] = [pair.put(values, gap), pair.put(values.map((one) => one / 3)), pair.put(Float32Array.of(most))];
      const out = pair.put(new Float32Array(count).fill(9), gap);
      pair.same((kernels) => kernels.descend(x, a, rate, out, count));
      pair.same((kernels) => kernels.reluArray(x, out, count));
      pair.same((kernels) => kernels.stepArray(x, out, count, least));
      pair.same((kernels) => kernels.multiplyByStep(a, x, out, count, least));
      pair.same((kernels) => kernels.negateArray(x, out, count));
      pair.same((kernels) => kernels.clampArray(x, out, count, least, most));
      pair.same((kernels) => kernels.whereWithin(x, a, out, count, least, most));
      pair.same((kernels) => kernels.descend(x, a, rate, x, count));
    }), RUNS);
  });

  it('know the edges of numbers', () => {
    const pair = createKernelPair();
    const edges = Float32Array.of(NaN, Infinity, -Infinity, 0, -0, 1, -1, 2);
    const x = pair.put(edges);
    const ones = pair.put(new Float32Array(8).fill(1));
    const results = (name: 'reluArray' | 'stepArray' | 'clampArray' | 'whereWithin'): number[][] => {
      // Once by vectors of four, once one by one.
      const out = pair.put(new Float32Array(8));
      const call = (at: number, count: number) => pair.both((kernels) => {
        const [from, to] = [x + 4 * at, out + 4 * at];
        if (name === 'reluArray') kernels.reluArray(from, to, count);
        else if (name === 'stepArray') kernels.stepArray(from, to, count, 0.5);
        else if (name === 'clampArray') kernels.clampArray(from, to, count, -1, 1);
        else kernels.whereWithin(from, ones, to, count, 0, 1);
      });
      call(0, 8);
      const inFours = pair.read(out, edges);
      const found = [[...inFours.module], [...inFours.twins]];
      for (let at = 0; at < 8; at++) call(at, 1);
      const singly = pair.read(out, edges);
      return [...found, [...singly.module], [...singly.twins]];
    };
    for (const found of results('reluArray')) expect(found).toEqual([NaN, Infinity, 0, 0, 0, 1, 0, 2]);
    for (const found of results('stepArray')) expect(found).toEqual([NaN, 1, 0.5, 0.5, 0.5, 1, 0.5, 1]);
    for (const found of results('clampArray')) expect(found).toEqual([-1, 1, -1, 0, -0, 1, -1, 1]);
    for (const found of results('whereWithin')) expect(found).toEqual([0, 0, 0, 1, 1, 1, 0, 0]);
  });

  it('make floats of integers and of bytes', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 40 }), (values) => {
      const pair = createKernelPair();
      const [ints, bytes] = [pair.put(Int32Array.from(values)), pair.put(Uint8Array.from(values))];
      const out = pair.put(new Float32Array(values.length));
      pair.same((kernels) => kernels.floatsOfInts(ints, out, values.length));
      expect([...pair.read(out, new Float32Array(values.length)).module]).toEqual(values.map(Math.fround));
      pair.same((kernels) => kernels.floatsOfBools(bytes, out, values.length));
    }), RUNS);
  });
});

describe('rows', () => {
  const matrices = fc.tuple(fc.integer({ min: 1, max: 9 }), lengths).chain(([rows, columns]) => fc.tuple(fc.constant(rows), fc.constant(columns), drawn(rows * columns), apart));

  it('are added up in their order, and so are columns', () => {
    fc.assert(fc.property(matrices, ([rows, columns, values, gap]) => {
      const pair = createKernelPair();
      const x = pair.put(values, gap);
      const out = pair.put(new Float32Array(Math.max(rows, columns)), gap);
      pair.same((kernels) => kernels.sumColumns(x, rows, columns, out));
      pair.same((kernels) => kernels.sumRows(x, rows, columns, out));
    }), RUNS);
    const pair = createKernelPair();
    // In another order, the small ones would not be lost.
    const x = pair.put(Float32Array.of(2 ** 24, 1, 1, 1, -(2 ** 24), 3));
    const out = pair.put(new Float32Array(2));
    pair.same((kernels) => kernels.sumRows(x, 2, 3, out));
    expect([...pair.read(out, new Float32Array(2)).module]).toEqual([2 ** 24, 1 - 2 ** 24 + 3]);
    pair.same((kernels) => kernels.sumColumns(x, 3, 2, out));
    expect([...pair.read(out, new Float32Array(2)).module]).toEqual([0, 5]);
  });

  it('are copied by blocks', () => {
    fc.assert(fc.property(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 3 }), fc.boolean()), ([outer, inner, columns, gap, swap]) => {
      const pair = createKernelPair();
      const width = columns + gap;
      const from = pair.put(Float32Array.from({ length: outer * inner * width }, (_, i) => i + 1));
      const to = pair.put(new Float32Array(outer * inner * columns));
      const [toOuter, toInner] = swap ? [columns, outer * columns] : [inner * columns, columns];
      pair.same((kernels) => kernels.copyBlocks(from, to, outer, inner, columns, inner * width, width, toOuter, toInner));
      const found = pair.read(to, new Float32Array(outer * inner * columns)).module;
      for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) for (let c = 0; c < columns; c++) expect(found[o * toOuter + i * toInner + c]).toBe((o * inner + i) * width + c + 1);
    }), RUNS);
  });

  it('are gathered until an index is none', () => {
    fc.assert(fc.property(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 11 }), fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 1, maxLength: 6 })), ([rows, columns, indices]) => {
      const pair = createKernelPair();
      const x = pair.put(Float32Array.from({ length: rows * columns }, (_, i) => i));
      const at = pair.put(Int32Array.from(indices));
      const out = pair.put(new Float32Array(indices.length * columns));
      pair.same((kernels) => kernels.gatherRows(x, rows, columns, at, indices.length, out));
      const [found] = pair.both((kernels) => kernels.gatherRows(x, rows, columns, at, indices.length, out));
      expect(found).toBe(indices.findIndex((index) => index < 0 || index >= rows));
    }), RUNS);
  });
});
