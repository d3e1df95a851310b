import { describe, expect, it } from 'vitest';
import { splitExamples } from '../../client/datasets/split.ts';
import type { Examples } from '../../shared/model/examples.ts';

/** Example i: inputs (i, −i), label 10 i. */
function numbered(size: number): Examples {
  const inputs = Float32Array.from({ length: 2 * size }, (_, k) => (k % 2 ? -(k >> 1) : k >> 1));
  return { size, inputs, inputShape: [2], scale: 1, labels: Int32Array.from({ length: size }, (_, i) => 10 * i), labelShape: [] };
}

describe('splitting', () => {
  it.each([
    [10, 0, 10, 0],
    [10, 0.2, 8, 2],
    [10, 0.25, 7, 3],
    [7, 0.5, 3, 4],
    [1000, 0.1, 900, 100],
    [4, 0.1, 4, 0],
    [1, 0.9, 1, 0],
    [2, 0.9, 1, 1],
  ])('%i examples, fraction %f: %i and %i', (size, fraction, train, validation) => {
    const split = splitExamples(numbered(size), { fraction, seed: 1 });
    expect([split.train.size, split.validation?.size ?? 0]).toEqual([train, validation]);
  });

  it('puts every example whole into exactly one part, each in order', () => {
    const { train, validation } = splitExamples(numbered(100), { fraction: 0.3, seed: 5 });
    const rows = [train, validation].flatMap((part) => {
      const labels = [...(part?.labels ?? [])];
      expect(labels).toEqual([...labels].sort((a, b) => a - b));
      labels.forEach((label, row) => expect([...(part?.inputs.subarray(2 * row, 2 * row + 2) ?? [])]).toEqual([label / 10, -label / 10]));
      return labels;
    });
    expect(rows.sort((a, b) => a - b)).toEqual([...numbered(100).labels]);
  });

  it('depends on the seed alone', () => {
    const held = (seed: number): number[] => [...(splitExamples(numbered(100), { fraction: 0.3, seed }).validation?.labels ?? [])];
    expect(held(5)).toEqual(held(5));
    expect(held(5)).not.toEqual(held(6));
  });

  it('copies nothing where nothing is held back', () => {
    const examples = numbered(3);
    expect(splitExamples(examples, { fraction: 0, seed: 1 }).train).toBe(examples);
  });
});
