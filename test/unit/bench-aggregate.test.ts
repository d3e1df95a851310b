import { describe, expect, it } from 'vitest';
import { aggregateBenchmark } from '../../simulations/benchmarks/aggregate/aggregate-bench.ts';
import { parseAggregateCase } from '../../simulations/benchmarks/aggregate/cases.ts';

describe('cases of the aggregate benchmark', () => {
  it('say reports, values and their kind', () => {
    expect(parseAggregateCase('100x1M float32')).toEqual({ reports: 100, values: 1_000_000, kind: 'float32' });
    expect(parseAggregateCase('3x70k int4')).toEqual({ reports: 3, values: 70_000, kind: 'int4' });
    for (const wrong of ['100x1M', '100x1M float64', '100x1M int8 fast', 'x int8']) expect(() => parseAggregateCase(wrong)).toThrowError(expect.objectContaining({ code: 'bad_usage' }));
  });

  it.each(['9x70k float32', '9x70k int8', '9x70k int4', '3x100 float32'])('measure %s: both ways add the same, else it fails', async (name) => {
    const measured = await aggregateBenchmark.run(name, { runs: 2, signal: new AbortController().signal });
    expect(measured.map(({ metric, samples, baseline }) => [metric, samples.length, baseline?.length])).toEqual([['time', 2, 2], ['against-copy', 2, 2], ['values', 2, 2], ['rss-growth', 1, undefined]]);
    for (const { metric, samples } of measured) if (metric !== 'rss-growth') expect(samples.every((sample) => sample > 0)).toBe(true);
  });
});
