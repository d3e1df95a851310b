import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawPartition } from '../../simulations/partitioners/draw.ts';
import type { PartitionInput, PartitionPlan } from '../../simulations/partitioners/partitioner.ts';
import { partitionBy } from '../../simulations/partitioners/registry.ts';
import { countLabels, summarisePartition } from '../../simulations/partitioners/summarise.ts';

const inputOf = (labels: readonly number[], classes: number): PartitionInput => ({ size: labels.length, labels, classes });
const planOf = (...parts: readonly (readonly number[])[]): PartitionPlan => ({ parts: parts.map((part) => Int32Array.from(part)) });

describe('the summary of a partition', () => {
  it('counts labels client by client', () => {
    expect([...countLabels(inputOf([0, 2, 2, 1], 3), planOf([0, 1, 2], [3], []))]).toEqual([1, 0, 2, 0, 1, 0, 0, 0, 0]);
  });

  it('is worked out by hand for two clients with a label each', () => {
    const { totalVariation, jensenShannon, ...rest } = summarisePartition(inputOf([0, 0, 1, 1], 2), planOf([0, 1], [2, 3]));
    expect(rest).toEqual({ parts: 2, examples: 4, sizes: { minimum: 2, median: 2, mean: 2, maximum: 2 }, labels: { minimum: 1, median: 1, mean: 1, maximum: 1 } });
    // (1, 0) and (½, ½), their middle (¾, ¼): ½ · log₂(4/3) + ½ · (½ · log₂(2/3) + ½ · log₂ 2) = 0.311278 bits.
    expect(totalVariation).toBe(0.5);
    expect(jensenShannon).toBeCloseTo(Math.sqrt(0.311278), 6);
  });

  it('is 0 apart where all hold the same mixture, and near 1 where each of many holds a label of its own', () => {
    expect(summarisePartition(inputOf([0, 0, 1, 1], 2), planOf([0, 2], [1, 3]))).toMatchObject({ totalVariation: 0, jensenShannon: 0 });
    const labels = Array.from({ length: 50 }, (_, i) => i);
    const { totalVariation, jensenShannon } = summarisePartition(inputOf(labels, 50), planOf(...labels.map((label) => [label])));
    expect(totalVariation).toBeCloseTo(0.98, 10);
    expect(jensenShannon).toBeGreaterThan(0.9);
    expect(jensenShannon).toBeLessThan(1);
  });

  it('leaves clients that hold nothing out of the distances, not out of the sizes', () => {
    expect(summarisePartition(inputOf([0, 0, 1, 1], 2), planOf([0, 1, 2, 3], []))).toMatchObject({
      parts: 2, totalVariation: 0, jensenShannon: 0, sizes: { minimum: 0, median: 2, mean: 2, maximum: 4 }, labels: { minimum: 0, median: 1, mean: 1, maximum: 2 },
    });
  });
});

describe('the picture of a partition', () => {
  /** Where the cells lie: see PLOT in draw.ts. */
  const [left, top, width, row] = [104, 148, 600, 24];
  /** Colour at the middle of a cell, as librsvg draws it: in light. */
  async function cellsOf(svg: string, columns: number, rows: number): Promise<string[][]> {
    const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return Array.from({ length: rows }, (_, label) =>
      Array.from({ length: columns }, (_, column) => {
        const at = (Math.floor(top + (label + 0.5) * row) * info.width + Math.floor(left + ((column + 0.5) * width) / columns)) * 3;
        return data.subarray(at, at + 3).toString('hex');
      }),
    );
  }
  const [none, few, many] = ['ffffff', 'e3ecf7', '163870'];

  it('shows who holds how much of what', async () => {
    // Client 0 holds two of label 0, client 1 twenty of label 1 and one of label 0, client 2 nothing.
    const labels = [0, 0, 0, ...new Array<number>(20).fill(1)];
    const svg = drawPartition(inputOf(labels, 2), planOf([0, 1], [2, ...Array.from({ length: 20 }, (_, i) => 3 + i)], []), { title: 'a < b & c', classNames: ['cat', 'dog'] });
    // Steps: below 2, 2–4, 5–9, 10–19, 20 and more; the second of five has the third of eight shades.
    expect(await cellsOf(svg, 3, 2)).toEqual([['a6c6e6', few, none], [none, many, none]]);
    for (const words of ['a &lt; b &amp; c', '>cat<', '>dog<', '>below 2<', '>2–4<', '>20 and more<', '>3<', '>20<']) expect(svg).toContain(words);
    expect(svg).not.toContain('a < b');
  });

  it('gives neighbours a column together, with their mean, where there are more than 200', async () => {
    // 201 clients make 101 columns of two, the last of one. Every even one holds 4 of label 0, the odd ones nothing.
    const parts = Array.from({ length: 201 }, (_, client) => (client % 2 === 0 ? [0, 1, 2, 3].map((i) => 2 * client + i) : []));
    const svg = drawPartition(inputOf(new Array<number>(404).fill(0), 1), planOf(...parts), { title: 'even' });
    // Means of 2, and 4 in the last: both in the last step, 2 and more.
    expect(new Set((await cellsOf(svg, 101, 1))[0])).toEqual(new Set([many]));
    expect(svg).toContain('2 clients each');
    expect(svg).toContain('>404<');
  });

  it('shows angles and noise', () => {
    const input = inputOf([0, 1, 0, 1], 2);
    const draw = (plan: PartitionPlan): string => drawPartition(input, plan, { title: 'skew' });
    expect(draw({ ...planOf([0, 1], [2, 3]), transforms: [{ kind: 'rotate', degrees: 30 }, { kind: 'rotate', degrees: -15 }] })).toContain('turned by');
    expect(draw({ ...planOf([0, 1], [2, 3]), transforms: [null, { kind: 'noise', deviation: 0.25, seed: 1 }] })).toContain('>0.25<');
    expect(draw({ ...planOf([0, 1], [2, 3]), transforms: [null, null] })).toBe(draw(planOf([0, 1], [2, 3])));
  });

  it('follows light and dark, is the same each time, and stays small with ten thousand clients', () => {
    const labels = Array.from({ length: 60_000 }, (_, i) => i % 10);
    const input = inputOf(labels, 10);
    const plan = partitionBy({ name: 'dirichlet', alpha: 0.1, minimum: 1 }, input, { parts: 10_000, seed: 1 });
    const svg = drawPartition(input, plan, { title: 'ten thousand' });
    expect(svg).toContain('@media(prefers-color-scheme:dark)');
    expect(drawPartition(input, plan, { title: 'ten thousand' })).toBe(svg);
    expect(svg.length).toBeLessThan(60_000);
  });

  it('can be drawn of nobody holding anything, and of many labels', async () => {
    for (const svg of [
      drawPartition(inputOf([0], 1), planOf([]), { title: 'nothing' }),
      drawPartition(inputOf(Array.from({ length: 300 }, (_, i) => i), 300), planOf(Array.from({ length: 300 }, (_, i) => i)), { title: 'many' }),
    ]) {
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect((await sharp(Buffer.from(svg)).metadata()).width).toBe(860);
    }
  });
});
