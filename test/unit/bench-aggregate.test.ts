import { describe, expect, it } from 'vitest';
import { aggregateBenchmark } from '../../simulations/benchmarks/aggregate/aggregate-bench.ts';
import { parseAggregateCase } from '../../simulations/benchmarks/aggregate/cases.ts';

describe('cases of the aggregate benchmark', () => {
  it('say reports, values and their kind', () => {
    expect(parseAggregateCase('100x1M float32')).toEqual({ reports: 100, values: 1_000_000, kind: 'float32', rule: null });
    expect(parseAggregateCase('3x70k int4')).toEqual({ reports: 3, values: 70_000, kind: 'int4', rule: null });
    expect(parseAggregateCase('100x1M float32 krum')).toEqual({ reports: 100, values: 1_000_000, kind: 'float32', rule: 'krum' });
    for (const wrong of ['100x1M', '100x1M float64', '100x1M int8 fast', 'x int8', '9x100 float32 mean', '9x100 int8 median', '2x100 float32 krum', '9x100 float32 median twice']) expect(() => parseAggregateCase(wrong)).toThrowError(expect.objectContaining({ code: 'bad_usage' }));
  });

  it.each(['9x70k float32', '9x70k int8', '9x70k int4', '3x100 float32'])('measure %s: both ways add the same, else it fails', async (name) => {
    const measured = await aggregateBenchmark.run(name, { runs: 2, signal: new AbortController().signal });
    expect(measured.map(({ metric, samples, baseline }) => [metric, samples.length, baseline?.length])).toEqual([['time', 2, 2], ['against-copy', 2, 2], ['values', 2, 2], ['rss-growth', 1, undefined]]);
    for (const { metric, samples } of measured) if (metric !== 'rss-growth') expect(samples.every((sample) => sample > 0)).toBe(true);
  });

  it.each(['median', 'trimmed-mean', 'krum', 'multi-krum', 'bulyan', 'geometric-median', 'norm-bound', 'centered-clipping'])('measure the rule %s: both ways come to the same, else it fails', async (rule) => {
    const measured = await aggregateBenchmark.run(`23x5k float32 ${rule}`, { runs: 2, signal: new AbortController().signal });
    const byMetric = Object.fromEntries(measured.map(({ metric, samples, baseline }) => [metric, { samples, baseline }]));
    expect(byMetric.time.samples).toHaveLength(2);
    expect(byMetric.time.baseline).toHaveLength(2);
    // 23 rows of 5000 float32, and the gaps between them.
    expect(byMetric.kept.samples[0]).toBeCloseTo((23 * 5000 * 4) / 2 ** 20, 2);
  });
});
