import { describe, expect, it } from 'vitest';
import type { Examples } from '../../shared/model/examples.ts';
import { mnistContract } from '../../simulations/datasets/mnist.ts';
import { createToyTrainer } from '../../simulations/models/toy-trainer.ts';
import { applyTransform } from '../../simulations/partitioners/transform.ts';
import { dealOut } from '../../simulations/run/dealt-out.ts';
import type { RoundLine } from '../../simulations/run/record.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { parseScenario } from '../../simulations/scenario/scenario.ts';
import { TROUBLE_CELLS } from '../../simulations/troubles/cells.ts';
import { ScenarioTroubles, troubledEdges } from '../../simulations/troubles/scenario-troubles.ts';
import { withShuffledLabels } from '../../simulations/troubles/shuffled-labels.ts';
import { neverFinishing, withScaledUpdates } from '../../simulations/troubles/troubled-trainer.ts';
import { createVirtualClock, settledIn } from '../../simulations/virtual-clock.ts';
import { READINGS } from '../../server/diagnosis/registry.ts';
import { smallScenario } from '../helpers/small-scenario.ts';

const POINTS = [[-1, 1], [1, 3]] as const;
const TRAIN = { epochs: 1, batchSize: null, learningRate: 0.1, seed: 1 } as const;

describe('edges that are in trouble', () => {
  it('are drawn by the seed, and nobody is in trouble twice', () => {
    const troubles = ScenarioTroubles.parse({ shuffledLabels: 3, scaledUpdates: { edges: 4, factor: 5 }, stragglers: 2 });
    const drawn = troubledEdges(troubles, 10, 1);
    const all = [...drawn.shuffledLabels, ...drawn.scaledUpdates, ...drawn.stragglers];
    expect([drawn.shuffledLabels.length, drawn.scaledUpdates.length, drawn.stragglers.length]).toEqual([3, 4, 2]);
    expect(new Set(all).size).toBe(9);
    expect(troubledEdges(troubles, 10, 1)).toEqual(drawn);
    expect(troubledEdges(troubles, 10, 2)).not.toEqual(drawn);
  });

  it('are refused where there are not so many, and labels where nothing is learned', () => {
    expect(() => parseScenario(smallScenario({ troubles: { stragglers: 21 } }))).toThrow(/troubles: 21 edges are to be in trouble, and there are 20/);
    expect(() => parseScenario(smallScenario({ training: { kind: 'trivial' }, troubles: { shuffledLabels: 1 } }))).toThrow(/trivial training has no labels/);
  });

  it('hold as many labels of each class as before, in another order, and the same inputs', () => {
    const labels = Int32Array.from({ length: 40 }, (_, i) => i % 4);
    const examples: Examples = { size: 40, inputs: Float32Array.from({ length: 40 }, (_, i) => i), inputShape: [1], scale: 1, labels, labelShape: [] };
    const shuffled = applyTransform(examples, { kind: 'shuffle-labels', seed: 1 }, mnistContract({ flat: true }));
    expect(shuffled.inputs).toBe(examples.inputs);
    expect([...shuffled.labels].sort()).toEqual([...labels].sort());
    expect([...shuffled.labels].filter((label, i) => label === labels[i]).length).toBeLessThan(25);
    expect(labels[1]).toBe(1);
    const plan = withShuffledLabels({ parts: [new Int32Array(1), new Int32Array(1)] }, [1], 3);
    expect(plan.transforms).toEqual([null, { kind: 'shuffle-labels', seed: expect.any(Number) as number }]);
    expect(() => withShuffledLabels({ parts: plan.parts, transforms: [null, { kind: 'rotate', degrees: 90 }] }, [1], 3)).toThrow(expect.objectContaining({ code: 'bad_config' }) as Error);
  });

  it('come to weights that lie a factor as far away, and to gradients likewise', async () => {
    const clock = createVirtualClock(0);
    const base = Float32Array.of(0.5, 0);
    const [honest, flipped] = [createToyTrainer(POINTS), withScaledUpdates(createToyTrainer(POINTS), -5, clock)];
    for (const trainer of [honest, flipped]) trainer.load(base);
    const [gradient, away] = [await honest.gradient({}), await settledIn(clock, flipped.gradient({}))];
    expect([...away.gradient]).toEqual([...gradient.gradient].map((value) => expect.closeTo(-5 * value, 5) as number));
    for (const trainer of [honest, flipped]) await trainer.train({ ...TRAIN });
    const [there, elsewhere] = [await honest.read(), await settledIn(clock, flipped.read())];
    // One step against the gradient, by a tenth of it.
    expect([...there]).toEqual([...gradient.gradient].map((value, i) => expect.closeTo(base[i] - 0.1 * value, 5) as number));
    expect([...elsewhere]).toEqual([...there].map((value, i) => expect.closeTo(base[i] - 5 * (value - base[i]), 5) as number));
  });

  it('work until they are told to stop', async () => {
    const clock = createVirtualClock(0);
    const stopper = new AbortController();
    const trainer = neverFinishing(createToyTrainer(POINTS), clock);
    trainer.load(Float32Array.of(0, 0));
    const training = trainer.train({ ...TRAIN, signal: stopper.signal });
    clock.after(24 * 3_600_000, () => stopper.abort(new Error('the deadline passed')));
    await Promise.all([expect(training).rejects.toThrow('the deadline passed'), clock.runUntil(() => stopper.signal.aborted)]);
  });
});

describe('a scenario with trouble', () => {
  it('keeps of each part so many examples as it is told', async () => {
    const { data } = parseScenario(smallScenario());
    const whole = await dealOut({ data, edges: 20 }, 1);
    const { plan } = await dealOut({ data: { ...data!, examplesAtMost: 30 }, edges: 20 }, 1);
    for (const [i, part] of plan.parts.entries()) {
      expect(part.length).toBe(Math.min(30, whole.plan.parts[i].length));
      expect([...whole.plan.parts[i]]).toEqual(expect.arrayContaining([...part]));
    }
    expect(plan.parts.some(({ length }) => length === 30)).toBe(true);
  });

  it('has the findings in its rounds, edges by their numbers, the same on one worker as on two', async () => {
    const scenario = parseScenario(smallScenario({ rounds: 8, edges: 12, troubles: { scaledUpdates: { edges: 2, factor: -8 } }, data: { dataset: { name: 'blobs' }, partition: { name: 'iid' } } }, { round: { goal: 12, minimum: 12, overSelection: 1 } }));
    const run = async (workers: number): Promise<RoundLine[]> => {
      const lines: RoundLine[] = [];
      await simulate(scenario, { seed: 1, workers, onLine: (line) => void (line.type === 'round' && lines.push(line)) });
      return lines;
    };
    const [one, two] = [await run(1), await run(2)];
    expect(two.map(({ findings }) => findings)).toEqual(one.map(({ findings }) => findings));
    const { scaledUpdates } = troubledEdges(scenario.troubles!, 12, 1);
    const named = (reading: string) => one[7].findings?.filter((finding) => finding.reading === reading).flatMap(({ edges }) => edges).sort((a, b) => a - b);
    expect(named('edge-length')).toEqual(scaledUpdates);
    expect(named('edge-direction')).toEqual(scaledUpdates);
  }, 120_000);
});

describe('the cells that readings are measured on', () => {
  it('are scenarios, name readings that there are, and cover those that trouble can be injected for', () => {
    for (const { scenario } of TROUBLE_CELLS) expect(() => parseScenario(scenario)).not.toThrow();
    const names = READINGS.map(({ name }) => name);
    const meant = new Set(TROUBLE_CELLS.flatMap(({ finds }) => finds));
    for (const name of meant) expect(names).toContain(name);
    expect(names.filter((name) => !meant.has(name))).toEqual(['divergence', 'refused-reports', 'aborted-rounds']);
  });
});
