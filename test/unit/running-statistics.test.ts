/** The running means and variances of batch normalisation are averaged, whatever an algorithm makes of what is trained. */
import { afterAll, describe, expect, it } from 'vitest';
import { createLocalTrainer } from '../../client/training/local-trainer.ts';
import type { EdgeState, ServerState } from '../../shared/algorithms/algorithm.ts';
import { fedavgm } from '../../shared/algorithms/fedopt.ts';
import { configOf, findAlgorithm } from '../../shared/algorithms/registry.ts';
import { eachRunning } from '../../shared/algorithms/running-statistics.ts';
import { asAssignmentId } from '../../shared/ids.ts';
import { initialParameters } from '../../shared/model/build-model.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { createLayout } from '../../shared/tensors/layout.ts';
import { normalisedNet } from '../helpers/normalised-net.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

describe('a running variance', () => {
  it('does not go on beyond where edges have it: momentum moves what is trained alone', () => {
    const layout = createLayout([{ name: 'dense/kernel', shape: [1] }, { name: 'norm/moving_mean', shape: [1] }, { name: 'norm/moving_variance', shape: [1] }]);
    const config = fedavgm.config.parse({ epochs: 1, batchSize: null, learningRate: 0.125 });
    const merged = (variance: number) => ({ weight: 1, count: 1, fields: { delta: Float32Array.of(1, 0.5, variance) } });
    const first = fedavgm.update(fedavgm.init(Float32Array.of(0, 0, 1), config), merged(-0.875), config, layout);
    const second = fedavgm.update(first, merged(-0.0625), config, layout);
    // The kernel's velocity is 1, then 0.9 + 1. A variance with that of its own would be at 1 − 0.875 − (0.9 · 0.875 + 0.0625) < 0.
    expect([...first.parameters, ...second.parameters]).toEqual([1, 0.5, 0.125, expect.closeTo(2.9, 6), 1, 0.0625]);
  });

  it('is known by its name, as layers of the same kind number them', () => {
    const layout = createLayout(['a/kernel', 'a/moving_variance', 'b_1/moving_mean', 'c/moving_variance_2', 'moving/kernel', 'd/moving_average'].map((name) => ({ name, shape: [2] })));
    const found: number[] = [];
    eachRunning(layout, (element) => found.push(element));
    expect(found).toEqual([2, 3, 4, 5, 6, 7]);
  });
});

const net = normalisedNet(4);

describe('an edge with much to do and one with little, of batch normalisation', () => {
  const open: Trainer[] = [];
  afterAll(() => open.forEach((trainer) => trainer.dispose()));

  async function edgeOf(seed: number, size: number, scale: number): Promise<{ readonly trainer: Trainer; readonly ends: Float32Array[] }> {
    const random = createRandom(seed);
    const inputs = Float32Array.from({ length: 2 * size }, () => scale * random.normal());
    const labels = Int32Array.from({ length: size }, (_, i) => (inputs[2 * i] * inputs[2 * i + 1] > 0 ? 1 : 0));
    const real = await createLocalTrainer(net, { train: { size, inputs, inputShape: [2], scale: 1, labels, labelShape: [] }, validation: null, source: 'a test' }, { backend: 'wasm' });
    open.push(real);
    const ends: Float32Array[] = [];
    const trainer: Trainer = {
      ...real,
      async read() {
        const values = await real.read();
        // A copy: the algorithm makes a difference of what it is given.
        ends.push(values.slice());
        return values;
      },
    };
    return { trainer, ends };
  }

  it.each<[string, Record<string, unknown>]>([
    ['fedavg', { server: { name: 'sgd', learningRate: 0.5 } }],
    ['fedadam', {}],
    ['fedyogi', {}],
    ['fedadagrad', {}],
    ['fedprox', { mu: 0.1, server: { name: 'sgd', momentum: 0.9 } }],
    ['scaffold', { edges: 2, serverLearningRate: 0.25 }],
    ['fednova', {}],
    ['feddyn', { edges: 2, alpha: 0.1 }],
    ['q-fedavg', { q: 1 }],
    ['fedper', { head: 'out', server: { name: 'adam' } }],
  ])('%s has them between the edges’ own', async (name, settings) => {
    const edges = [await edgeOf(1, 4, 3), await edgeOf(2, 60, 0.25)];
    const spec = { name, epochs: 1, batchSize: 4, learningRate: 0.05, ...settings };
    const algorithm = findAlgorithm(name);
    const config = configOf(spec);
    const { values, layout } = await initialParameters(net);
    const fields = algorithm.needs.fields(layout, { config, data: parseTaskSpec(toySpec()).data });
    const schema = { fields, maxWeight: 1e6, maxNorm: null };
    let state: ServerState = algorithm.init(values, config);
    const states: (EdgeState | null)[] = [null, null];
    for (let round = 1; round <= 3; round++) {
      const accumulator = createAccumulator(schema);
      for (const [i, { trainer }] of edges.entries()) {
        const outcome = await algorithm.edge({
          config, base: state.parameters, broadcast: algorithm.plan(state, round, config), state: states[i], serverVectors: state.vectors, trainer, random: createRandom(round), signal: new AbortController().signal,
        });
        checkStatistic(schema, outcome.statistic);
        accumulator.add(outcome.statistic, asAssignmentId(`net.${round}.${i}`));
        states[i] = outcome.nextState ?? null;
      }
      state = algorithm.update(state, accumulator.merged(), config, layout);
      let looked = 0;
      eachRunning(layout, (element) => {
        const [a, b] = edges.map(({ ends }) => (ends.at(-1) as Float32Array)[element]);
        looked++;
        expect(state.parameters[element]).toBeGreaterThanOrEqual(Math.min(a, b) - 1e-5);
        expect(state.parameters[element]).toBeLessThanOrEqual(Math.max(a, b) + 1e-5);
      });
      expect(looked).toBe(4);
    }
  });
});
