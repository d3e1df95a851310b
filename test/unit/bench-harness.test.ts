import { describe, expect, it } from 'vitest';
import type { Benchmark, Measurement } from '../../simulations/benchmarks/benchmark.ts';
import { runBenchmarks } from '../../simulations/benchmarks/main.ts';
import { parseBenchArguments } from '../../simulations/benchmarks/options.ts';
import { jsonOutput, tableOutput } from '../../simulations/benchmarks/output.ts';
import { quantile, resultLine, rounded, spreadOf } from '../../simulations/benchmarks/summary.ts';
import { thrownBy } from '../helpers/thrown.ts';

const MACHINE = { cpu: 'a processor', cores: 2, load: 0.5, node: '20.20.0', platform: 'linux x64', syncMs: 1 };
const TIME: Measurement = { metric: 'time', unit: 'ms', samples: [30, 10, 20, 40], baseline: [50, 50], smallerIsBetter: true };
const RATE: Measurement = { metric: 'reports', unit: '1/s', samples: [300], baseline: [100], smallerIsBetter: false };

const fake = (name: string): Benchmark => ({ name, summary: name, cases: ['small', 'large'], defaultRuns: 7, caseSeconds: 1, run: () => Promise.resolve([TIME]) });

describe('a summary', () => {
  it('interpolates quantiles between samples, whatever their order', async () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((fraction) => quantile([40, 10, 30, 20], fraction))).toEqual([10, 17.5, 25, 32.5, 40]);
    expect(spreadOf([3])).toEqual({ samples: 1, min: 3, lowerQuartile: 3, median: 3, upperQuartile: 3, max: 3 });
    expect(await thrownBy(() => quantile([], 0.5))).toMatchObject({ code: 'internal' });
  });

  it('says how many times better than the baseline we are, whichever way better lies', () => {
    expect(resultLine('round', '8x1M', TIME)).toEqual({ bench: 'round', case: '8x1M', metric: 'time', value: 25, unit: 'ms', baseline: 50, ratio: 2 });
    expect(resultLine('round', '8x1M', RATE)).toMatchObject({ value: 300, baseline: 100, ratio: 3 });
    expect(resultLine('round', '8x1M', { ...TIME, baseline: undefined })).toMatchObject({ baseline: null, ratio: null });
  });

  it('keeps four digits, and whole numbers whole', () => {
    expect([32_002_688, 1234.56, 12.3456, 0.000123456].map(rounded)).toEqual([32_002_688, 1235, 12.35, 0.0001235]);
  });
});

describe('the output', () => {
  it('is one JSON object a line: the machine, each measurement, the spread', () => {
    const lines: unknown[] = [];
    const output = jsonOutput((line) => lines.push(JSON.parse(line)));
    output.begin('round', MACHINE);
    output.result('round', '8x1M', [TIME, RATE]);
    expect(lines).toEqual([
      { bench: 'round', machine: MACHINE },
      { bench: 'round', case: '8x1M', metric: 'time', value: 25, unit: 'ms', baseline: 50, ratio: 2 },
      { bench: 'round', case: '8x1M', metric: 'reports', value: 300, unit: '1/s', baseline: 100, ratio: 3 },
      { bench: 'round', case: '8x1M', spread: { time: { ours: spreadOf(TIME.samples), baseline: spreadOf([50, 50]) }, reports: { ours: spreadOf([300]), baseline: spreadOf([100]) } } },
    ]);
  });

  it('is a table for people', () => {
    let text = '';
    const output = tableOutput((line) => (text += line));
    output.begin('round', MACHINE);
    output.result('round', '8x1M', [TIME]);
    expect(text).toContain('a processor, 2 cores, load 0.5, Node 20.20.0');
    expect(text.split('\n').find((line) => line.startsWith('8x1M'))?.split(/\s+/)).toEqual(['8x1M', 'time', '25', 'ms', '17.5', '…', '32.5', '10', '50', '2×']);
  });
});

describe('the arguments', () => {
  const benchmarks = [fake('round'), fake('wire')];

  it('name a benchmark, and perhaps cases and runs', () => {
    expect(parseBenchArguments(['wire'], benchmarks)).toMatchObject({ options: { benchmark: { name: 'wire' }, cases: ['small', 'large'], runs: null, json: false } });
    expect(parseBenchArguments(['--json', 'round', '--case', 'large', '--runs', '3'], benchmarks)).toMatchObject({ options: { benchmark: { name: 'round' }, cases: ['large'], runs: 3, json: true } });
  });

  it.each([
    [[], 'round, wire'],
    [['nothing'], 'round, wire'],
    [['round', 'wire'], '"wire"'],
    [['round', '--case', 'huge'], 'small, large'],
    [['round', '--runs', '0'], '--runs 0'],
    [['round', '--fast'], '--fast'],
  ])('%j are refused with what there is instead', async (args, said) => {
    expect(await thrownBy(() => parseBenchArguments(args, benchmarks))).toMatchObject({ code: 'bad_usage', message: expect.stringContaining(said) as string });
  });

  it('end with status 2 and the list where the name is unknown', async () => {
    let complaint = '';
    const code = await runBenchmarks(['nothing'], () => undefined, (text) => (complaint += text));
    expect(code).toBe(2);
    expect(complaint).toMatch(/no benchmark "nothing".*\bround\b.*\bwire\b/);
  });
});
