import { describe, expect, it } from 'vitest';
import { parseSimulateCase } from '../../simulations/benchmarks/simulate/cases.ts';
import { simulateBenchmark } from '../../simulations/benchmarks/simulate/simulate-bench.ts';
import { thrownBy } from '../helpers/thrown.ts';

describe('a case of the simulated round', () => {
  it('is edges by parameters, all of them in each round; large reports are prepared and not journaled', () => {
    const small = parseSimulateCase('100x1k', 10);
    expect(small.scenario).toMatchObject({ edges: 100, training: { kind: 'trivial', parameters: 1000 }, task: { algorithm: { name: 'fedavg' }, round: { goal: 100, minimum: 100, overSelection: 1 }, privacy: { journal: true } } });
    expect(small.scenario.rounds).toBe(10 + small.warmUp);
    expect(parseSimulateCase('100x1M', 1).scenario).toMatchObject({ edges: 100, task: { algorithm: { name: 'fedsgd' }, privacy: { journal: false } } });
  });

  it('is a population of which a hundred are asked, or the paper’s experiment', async () => {
    const { scenario, registered } = parseSimulateCase('registered-100k', 5);
    expect([registered + scenario.edges, scenario.edges]).toEqual([100_000, 1000]);
    expect(scenario).toMatchObject({ task: { round: { goal: 100 } } });
    expect(parseSimulateCase('2nn', 5).scenario).toMatchObject({ name: 'fedavg-2nn-iid', target: null, training: { kind: 'real' }, server: { evaluateEvery: 1, evaluateOn: null } });
    expect(parseSimulateCase('gossip 1000x1k', 5).scenario).toMatchObject({ edges: 1000, training: { kind: 'trivial', parameters: 1000 }, task: { mode: 'gossip', gossip: { way: { name: 'd-psgd' }, topology: { name: 'random-regular', degree: 4 } } } });
    for (const wrong of ['1000', 'registered', '3nn', 'gossip 1000']) expect(await thrownBy(() => parseSimulateCase(wrong, 1))).toMatchObject({ code: 'bad_usage' });
  });

  it('gives a figure for each measured round', async () => {
    const [time, ...others] = await simulateBenchmark.run('3x20', { runs: 4, signal: new AbortController().signal });
    expect([time.metric, time.unit, time.samples.length, time.baseline]).toEqual(['time', 'ms', 4, undefined]);
    for (const sample of time.samples) expect(sample).toBeGreaterThan(0);
    for (const { samples } of others) for (const sample of samples) expect(sample).toBeGreaterThanOrEqual(0);
    expect(others.map(({ metric }) => metric)).toContain('memory');
  });
});
