import { describe, expect, it } from 'vitest';
import { parseRoundCase } from '../../simulations/benchmarks/round/cases.ts';
import { createGate } from '../../simulations/benchmarks/round/gate.ts';
import { createPreparedTrainer, preparedDelta } from '../../simulations/benchmarks/round/prepared-trainer.ts';
import { sharesOf } from '../../simulations/benchmarks/round/round-bench.ts';
import { benchLayout, benchTask } from '../../simulations/benchmarks/round/task.ts';
import { parseWireCase } from '../../simulations/benchmarks/wire/cases.ts';
import { wireBenchmark } from '../../simulations/benchmarks/wire/wire-bench.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { thrownBy } from '../helpers/thrown.ts';

describe('a case of the round', () => {
  it('is edges by parameters', async () => {
    expect(['8x100k', '32x1M', '3x77'].map(parseRoundCase)).toEqual([{ edges: 8, parameters: 100_000 }, { edges: 32, parameters: 1_000_000 }, { edges: 3, parameters: 77 }]);
    for (const wrong of ['8', '0x1M', '8x1G', 'x1M', '8x']) expect(await thrownBy(() => parseRoundCase(wrong))).toMatchObject({ code: 'bad_usage' });
  });

  it('is shared among processes, none of which stands idle', () => {
    expect([1, 2, 7].map((edges) => sharesOf({ edges, parameters: 5 }).map(({ first, edges: share }) => [first, share]))).toEqual([[[0, 1]], [[0, 1], [1, 1]], [[0, 3], [3, 4]]]);
  });

  it('makes a task that is accepted and waits for every edge', () => {
    expect(parseTaskSpec(benchTask({ edges: 32, parameters: 10 })).round).toMatchObject({ goal: 32, minimum: 32, overSelection: 1 });
  });
});

describe('the gate', () => {
  it('holds those who come while it is shut, and says when all are there', async () => {
    const gate = createGate();
    await gate.pass();
    const passed: string[] = [];
    const held = gate.shut(2);
    let full = false;
    void held.then(() => (full = true));
    const first = gate.pass().then(() => passed.push('first'));
    await Promise.resolve();
    expect(full).toBe(false);
    const second = gate.pass().then(() => passed.push('second'));
    await held;
    expect(passed).toEqual([]);
    gate.open();
    await Promise.all([first, second]);
    expect(passed).toEqual(['first', 'second']);
    await gate.pass();
  });

  it('lets go of who is called off', async () => {
    const gate = createGate();
    void gate.shut(5);
    const stopper = new AbortController();
    const waiting = gate.pass(stopper.signal);
    stopper.abort(new TypeError('released'));
    await expect(waiting).rejects.toThrow('released');
  });
});

describe('the prepared trainer', () => {
  it('ends at weights of its own, which are never the same for two edges', async () => {
    const trainer = createPreparedTrainer(benchLayout(3), 7, 5, createGate());
    trainer.load(Float32Array.of(1, 2, 3));
    expect(await trainer.train({ epochs: 1, batchSize: 1, learningRate: 1, seed: 1 })).toEqual({ examples: 5, steps: 1, loss: 1 });
    const weights = preparedDelta(3, 7);
    const [first, second] = [await trainer.read(), await trainer.read()];
    expect([first, second]).toEqual([weights, weights]);
    // A copy each time: whoever reads them may change them.
    expect(first).not.toBe(second);
    expect(weights.every((value) => value !== 0 && Math.abs(value) <= 0.01)).toBe(true);
    expect(preparedDelta(3, 8)).not.toEqual(weights);
  });
});

describe('the wire', () => {
  it('measures every step of one report', async () => {
    const measured = await wireBenchmark.run('100 float32', { runs: 3, signal: new AbortController().signal });
    expect(measured.map(({ metric, samples, baseline }) => [metric, samples.length, baseline?.length])).toEqual(['time', 'encode', 'chunk', 'decode', 'check', 'merge'].map((metric) => [metric, 3, 3]));
    const [whole, ...parts] = measured.map(({ samples }) => samples);
    whole.forEach((time, run) => expect(time).toBeCloseTo(parts.reduce((sum, part) => sum + part[run], 0), 6));
  });

  it('takes any number of values', async () => {
    expect(['100k float32', '1M float32', '7 float32'].map(parseWireCase)).toEqual([{ values: 100_000 }, { values: 1_000_000 }, { values: 7 }]);
    for (const wrong of ['1M', '1M int8', '1x1M', '0 float32', '999M float32']) expect(await thrownBy(() => parseWireCase(wrong))).toMatchObject({ code: 'bad_usage' });
  });

  it('is stopped when its time is up', async () => {
    await expect(wireBenchmark.run('100 float32', { runs: 1_000_000, signal: AbortSignal.timeout(1) })).rejects.toMatchObject({ code: 'aborted' });
  });
});
