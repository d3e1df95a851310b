/** Algorithms whose edges have models of their own, each on a problem that is worked out by hand and that one model for all cannot solve. */
import { afterEach, describe, expect, it } from 'vitest';
import { createLocalTrainer } from '../../client/training/local-trainer.ts';
import type { Algorithm, EdgeState, ServerState } from '../../shared/algorithms/algorithm.ts';
import { ditto, DittoConfig } from '../../shared/algorithms/ditto.ts';
import { fedavg, FedAvgConfig } from '../../shared/algorithms/fedavg.ts';
import { fedbn, FedBnConfig } from '../../shared/algorithms/fedbn.ts';
import { fedper, FedPerConfig } from '../../shared/algorithms/fedper.ts';
import { fedrep, FedRepConfig } from '../../shared/algorithms/fedrep.ts';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import { asAssignmentId } from '../../shared/ids.ts';
import { initialParameters } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import { parseGossipTask, parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { layerOf } from '../../shared/tensors/parts.ts';
import { createToyTrainer, TOY_LAYOUT, type ToyTrainer } from '../../simulations/models/toy-trainer.ts';
import { normalisedNet } from '../helpers/normalised-net.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

/** Edges and a server that run rounds with everybody, through the same check and accumulator as live ones. */
function federation<Config>(algorithm: Algorithm<Config>, config: Config, trainers: readonly Trainer[], initial: Float32Array) {
  const [{ layout }] = trainers;
  const states: (EdgeState | null)[] = trainers.map(() => null);
  const fields = algorithm.needs.fields(layout, { config, data: parseTaskSpec(toySpec()).data });
  const schema: StatisticSchema = { fields, maxWeight: 1e6, maxNorm: null };
  let state: ServerState = algorithm.init(initial, config);
  let rounds = 0;
  const own = (edge: number): Float32Array => algorithm.personal?.model({ base: state.parameters, state: states[edge], config, layout }) ?? state.parameters;
  return {
    schema, states, own,
    shared: () => [...state.parameters],
    async round(): Promise<void> {
      rounds++;
      const accumulator = createAccumulator(schema);
      for (const [edge, trainer] of trainers.entries()) {
        const outcome = await algorithm.edge({
          config, base: state.parameters, broadcast: algorithm.plan(state, rounds, config), state: states[edge], trainer, random: createRandom(rounds), signal: new AbortController().signal,
        });
        states[edge] = outcome.nextState ?? null;
        checkStatistic(schema, outcome.statistic);
        accumulator.add(outcome.statistic, asAssignmentId(`toy.${rounds}.${edge}`));
      }
      state = algorithm.update(state, accumulator.merged(), config, layout);
    },
    /** Mean loss of each edge's own model over its examples. */
    async losses(): Promise<number[]> {
      const found: number[] = [];
      for (const [edge, trainer] of trainers.entries()) {
        trainer.load(own(edge));
        found.push((await trainer.evaluate({ on: 'train' })).loss);
      }
      return found;
    },
  };
}

// y = 4·x + 2 for the first edge, y = 4·x − 2 for the second, at x = 1 and x = −1: there the gradients are 2a − 8 and 2b ∓ 4, each weight's by itself.
// They agree on the slope. One model for both has b = 0, and errs by 2 everywhere.
const edges = (): ToyTrainer[] => [createToyTrainer([[1, 6], [-1, -2]]), createToyTrainer([[1, 2], [-1, -6]])];
const one = { epochs: 1, batchSize: null, learningRate: 0.25 } as const;
const zero = (): Float32Array => new Float32Array(2);

it('FedAvg ends between two edges whose offsets differ', async () => {
  const federated = federation(fedavg, FedAvgConfig.parse(one), edges(), zero());
  for (let i = 0; i < 40; i++) await federated.round();
  expect(federated.shared()).toEqual([expect.closeTo(4, 5), expect.closeTo(0, 5)]);
  expect(await federated.losses()).toEqual([expect.closeTo(4, 5), expect.closeTo(4, 5)]);
});

describe('FedPer', () => {
  const config = FedPerConfig.parse({ ...one, head: 'b' });

  it('shares the body and leaves each edge its head', async () => {
    const federated = federation(fedper, config, edges(), zero());
    expect(federated.schema.fields[0]).toMatchObject({ name: 'delta', shape: [1] });
    await federated.round();
    // a: 0 + 8/4; b: 0 ± 4/4. The server's own head stays what it was.
    expect([federated.shared(), [...federated.own(0)], [...federated.own(1)]]).toEqual([[2, 0], [2, 1], [2, -1]]);
    await federated.round();
    expect([federated.shared(), [...federated.own(0)], [...federated.own(1)]]).toEqual([[3, 0], [3, 1.5], [3, -1.5]]);
    for (let i = 0; i < 40; i++) await federated.round();
    expect(await federated.losses()).toEqual([expect.closeTo(0, 8), expect.closeTo(0, 8)]);
  });

  it('begins an edge without a head, or with another model’s, at the initial one, and counts it', async () => {
    const begun = async (state: EdgeState | null): Promise<number> => {
      const { statistic } = await fedper.edge({ config, base: zero(), broadcast: {}, state, trainer: edges()[0], random: createRandom(1), signal: new AbortController().signal });
      expect([...statistic.fields.delta]).toEqual([2]);
      return statistic.fields.begun[0];
    };
    expect(await begun(null)).toBe(1);
    expect(await begun({ vectors: { kept: new Float32Array(3) }, numbers: {} })).toBe(1);
    expect(await begun({ vectors: { kept: Float32Array.of(1) }, numbers: {} })).toBe(0);
  });

  it('steps at the server as its optimizer says, the head apart', () => {
    const adam = FedPerConfig.parse({ ...one, head: 'b', server: { name: 'sgd', learningRate: 0.5, momentum: 0.5 } });
    const merged = { weight: 1, count: 1, fields: { delta: Float32Array.of(4) } };
    const first = fedper.update(fedper.init(Float32Array.of(1, 7), adam), merged, adam, TOY_LAYOUT);
    // v = −4: 1 + 2; then v = −6: 3 + 3.
    expect([...first.parameters]).toEqual([3, 7]);
    expect([...fedper.update(first, merged, adam, TOY_LAYOUT).parameters]).toEqual([6, 7]);
  });

  it('refuses a head that is not there, or that would be all', () => {
    const spec = (head: string) => parseTaskSpec(toySpec({ algorithm: { name: 'fedper', ...one, head } }));
    expect(() => statisticSchemaFor(spec('c'), TOY_LAYOUT)).toThrow(expect.objectContaining({ code: 'bad_task_spec', message: expect.stringContaining('there are: a, b') as string }));
    expect(() => statisticSchemaFor(spec('a'), TOY_LAYOUT)).toThrow(expect.objectContaining({ code: 'bad_task_spec' }));
  });
});

describe('FedRep', () => {
  it('fits the head to the body as it came, then the body to that head', async () => {
    // One example (1, 8): FedPer's step takes the error of −8 away at once, 4 by each weight. Here the head takes 4 first, and the body half of what is left.
    const rep = federation(fedrep, FedRepConfig.parse({ ...one, head: 'b', headEpochs: 1 }), [createToyTrainer([[1, 8]])], zero());
    await rep.round();
    expect([rep.shared(), [...rep.own(0)]]).toEqual([[2, 0], [2, 4]]);
    const per = federation(fedper, FedPerConfig.parse({ ...one, head: 'b' }), [createToyTrainer([[1, 8]])], zero());
    await per.round();
    expect([per.shared(), [...per.own(0)]]).toEqual([[4, 0], [4, 4]]);
  });

  it('gives the head as many passes as it is told, with the other half held still', async () => {
    const trainers = edges();
    const rep = federation(fedrep, FedRepConfig.parse({ ...one, epochs: null, steps: 1, head: 'b', headEpochs: 2 }), trainers, zero());
    await rep.round();
    // b: 1, then 1.5; a: 2.
    expect([rep.shared(), [...rep.own(0)], [...rep.own(1)]]).toEqual([[2, 0], [2, 1.5], [2, -1.5]]);
    expect(trainers[0].calls).toMatchObject([{ epochs: 2, frozen: ['a'] }, { steps: 1, frozen: ['b'] }]);
    expect(trainers[0].calls[0].seed).not.toBe(trainers[0].calls[1].seed);
    for (let i = 0; i < 40; i++) await rep.round();
    expect(await rep.losses()).toEqual([expect.closeTo(0, 8), expect.closeTo(0, 8)]);
  });
});

describe('Ditto', () => {
  it('learns the shared model as FedAvg does, and beside it models that are pulled to it', async () => {
    const federated = federation(ditto, DittoConfig.parse({ ...one, lambda: 2 }), edges(), zero());
    const plain = federation(fedavg, FedAvgConfig.parse(one), edges(), zero());
    await federated.round();
    expect([federated.shared(), [...federated.own(0)]]).toEqual([[2, 0], [2, 1]]);
    await federated.round();
    // a: 2 − ¼ (4 − 8 + 2 · 0); b: 1 − ¼ (2 − 4 + 2 · 1): half way between what the edge would have and what all have.
    expect([...federated.own(0)]).toEqual([3, 1]);
    for (let i = 0; i < 40; i++) await federated.round();
    for (let i = 0; i < 42; i++) await plain.round();
    expect(federated.shared()).toEqual(plain.shared());
    expect([...federated.own(0), ...federated.own(1)]).toEqual([4, 1, 4, -1].map((value) => expect.closeTo(value, 5) as number));
  });

  it('leaves each edge alone where nothing pulls, for as many passes as it is told', async () => {
    const trainers = edges();
    const federated = federation(ditto, DittoConfig.parse({ ...one, lambda: 0, personalEpochs: 3 }), trainers, zero());
    await federated.round();
    // b: 1, 1.5, 1.75.
    expect([...federated.own(0)]).toEqual([3.5, 1.75]);
    for (let i = 0; i < 20; i++) await federated.round();
    expect(await federated.losses()).toEqual([expect.closeTo(0, 8), expect.closeTo(0, 8)]);
  });
});

describe('FedBN', () => {
  const open: Trainer[] = [];
  afterEach(() => {
    for (const trainer of open.splice(0)) trainer.dispose();
  });

  const net = normalisedNet(8);

  /** Whether two numbers have the same sign, as an instrument of its own scale and zero shows them. */
  async function instrument(seed: number, scale: number, offset: number): Promise<Trainer> {
    const random = createRandom(seed);
    const size = 120;
    const raw = Float32Array.from({ length: 2 * size }, () => random.normal());
    const labels = Int32Array.from({ length: size }, (_, i) => (raw[2 * i] * raw[2 * i + 1] > 0 ? 1 : 0));
    const train: Examples = { size, inputs: raw.map((value) => offset + scale * value), inputShape: [2], scale: 1, labels, labelShape: [] };
    const trainer = await createLocalTrainer(net, { train, validation: null, source: 'a test' }, { backend: 'wasm' });
    open.push(trainer);
    return trainer;
  }

  it('reports all but the batch normalisation, whose four vectors stay', async () => {
    const trainer = await instrument(1, 1, 0);
    const { values: base } = await initialParameters(net);
    const config = FedBnConfig.parse({ epochs: 2, batchSize: 20, learningRate: 0.1 });
    const context = { config, base, broadcast: {}, state: null, trainer, signal: new AbortController().signal };
    const outcome = await fedbn.edge({ ...context, random: createRandom(5) });
    const trained = await trainer.read();
    const whole = await fedavg.edge({ ...context, config: FedAvgConfig.parse({ epochs: 2, batchSize: 20, learningRate: 0.1 }), random: createRandom(5) });
    const of = (layer: (name: string) => boolean, values: ArrayLike<number>): number[] =>
      trainer.layout.tensors.filter((tensor) => layer(layerOf(tensor))).flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => values[offset + i]));
    // The first round is FedAvg's own training, of which the rest is forwarded: 2 · 8 + 8 + 8 · 2 + 2 weights.
    expect([...outcome.statistic.fields.delta]).toEqual(of((name) => name !== 'norm', whole.statistic.fields.delta));
    expect(outcome.statistic.fields.delta).toHaveLength(42);
    expect([...(outcome.nextState as EdgeState).vectors.kept]).toEqual(of((name) => name === 'norm', trained));
    const own = fedbn.personal!.model({ base, state: outcome.nextState!, config, layout: trainer.layout });
    expect(of((name) => name === 'norm', own)).toEqual(of((name) => name === 'norm', trained));
    expect(of((name) => name !== 'norm', own)).toEqual(of((name) => name !== 'norm', base));
  });

  it('learns from edges whose inputs lie elsewhere what one normalisation for all cannot', async () => {
    const trainers = [await instrument(1, 1, 0), await instrument(2, 0.2, 5), await instrument(3, 6, -20)];
    const { values: initial } = await initialParameters(net);
    const local = { epochs: 5, batchSize: 20, learningRate: 0.2 };
    const accuracies = async <Config>(algorithm: Algorithm<Config>, config: Config): Promise<number[]> => {
      const federated = federation(algorithm, config, trainers, initial);
      for (let round = 0; round < 12; round++) await federated.round();
      const found: number[] = [];
      for (const [edge, trainer] of trainers.entries()) {
        trainer.load(federated.own(edge));
        found.push((await trainer.evaluate({ on: 'train' })).accuracy ?? 0);
      }
      return found;
    };
    const own = await accuracies(fedbn, FedBnConfig.parse(local));
    const one = await accuracies(fedavg, FedAvgConfig.parse(local));
    expect(Math.min(...own)).toBeGreaterThan(0.9);
    // Half of the pairs are alike: guessing is right in half of all cases.
    expect(Math.min(...one)).toBeLessThan(0.7);
  });

  it('is refused for a model without batch normalisation', () => {
    expect(() => statisticSchemaFor(parseTaskSpec(toySpec({ algorithm: { name: 'fedbn', ...one } })), TOY_LAYOUT)).toThrow(expect.objectContaining({ code: 'bad_task_spec' }));
  });
});

describe('a task whose edges keep a part of the model', () => {
  const refused = (path: string): unknown => expect.objectContaining({ code: 'bad_task_spec', details: [expect.objectContaining({ path })] });
  const algorithm = { name: 'fedper', ...one, head: 'b' };
  const data = { kind: 'table' as const, features: [{ type: 'numeric' as const, column: 'x' }], label: { type: 'numeric' as const, column: 'y' }, validation: { fraction: 0.5 } };

  it('is refused where somebody would have to judge, or to average, a whole model', () => {
    const patience = { rounds: 3, metric: 'loss' as const };
    expect(() => parseTaskSpec(toySpec({ algorithm, data, evaluation: {}, stop: { patience: { ...patience, of: 'federated' } } }))).toThrow(refused('stop.patience.of'));
    expect(parseTaskSpec(toySpec({ algorithm, data, evaluation: {}, stop: { patience: { ...patience, of: 'personal' } } })).stop.patience?.of).toBe('personal');
    expect(() => parseGossipTask(toyGossipTask({ algorithm }))).toThrow(refused('algorithm.name'));
  });
});
