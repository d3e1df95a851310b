import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../../shared/algorithms/algorithm.ts';
import { fedavg, FedAvgConfig } from '../../shared/algorithms/fedavg.ts';
import { fedsgd, FedSgdConfig } from '../../shared/algorithms/fedsgd.ts';
import { ALGORITHM_NAMES, findAlgorithm } from '../../shared/algorithms/registry.ts';
import { asAssignmentId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import type { MergedStatistic, Statistic } from '../../shared/statistics/statistic.ts';
import { createToyTrainer, TOY_LAYOUT, type ToyTrainer } from '../../simulations/models/toy-trainer.ts';

async function edgeOf<Config>(algorithm: Algorithm<Config>, config: Config, trainer: ToyTrainer, base: Float32Array, seed = 1): Promise<Statistic> {
  const { statistic } = await algorithm.edge({ config, base, broadcast: {}, state: null, trainer, random: createRandom(seed), signal: new AbortController().signal });
  return statistic;
}

/** Through the same check and accumulator as in a round. */
function mergeAll<Config>(algorithm: Algorithm<Config>, statistics: readonly Statistic[]): MergedStatistic {
  const schema = { fields: algorithm.needs.fields(TOY_LAYOUT), maxWeight: 1000, maxNorm: null };
  const accumulator = createAccumulator(schema);
  statistics.forEach((statistic, i) => {
    checkStatistic(schema, statistic);
    accumulator.add(statistic, asAssignmentId(`a${i}`));
  });
  return accumulator.merged();
}

// Edge A holds one example (1, 8), edge B three: (2, 0) thrice. Weights begin at a = b = 0.
//   A: error −8, gradient (−16, −16), loss 64.    B: error 0, gradient (0, 0), loss 0.
const edgeA = () => createToyTrainer([[1, 8]]);
const edgeB = () => createToyTrainer([[2, 0], [2, 0], [2, 0]]);
const zero = () => new Float32Array(2);

describe('FedAvg', () => {
  const config = FedAvgConfig.parse({ epochs: 1, batchSize: null, learningRate: 0.125 });

  it('forwards how far the weights moved, weighed by examples', async () => {
    const a = await edgeOf(fedavg, config, edgeA(), zero());
    // One step of 0.125 against (−16, −16).
    expect(a).toEqual({ weight: 1, fields: { delta: Float32Array.of(2, 2), trainLoss: Float64Array.of(64), examples: Float64Array.of(1) } });
    const base = Float32Array.of(1, 3);
    // At (1, 3): error −4, gradient (−8, −8); the delta is against the base, which stays as it was.
    expect((await edgeOf(fedavg, config, edgeA(), base)).fields.delta).toEqual(Float32Array.of(1, 1));
    expect(base).toEqual(Float32Array.of(1, 3));
  });

  it('moves by the mean over examples, not over edges', async () => {
    const merged = mergeAll(fedavg, [await edgeOf(fedavg, config, edgeA(), zero()), await edgeOf(fedavg, config, edgeB(), zero())]);
    // (1·2 + 3·0) / 4; an unweighted mean would give 1.
    expect(fedavg.update(fedavg.init(zero(), config), merged, config).parameters).toEqual(Float32Array.of(0.5, 0.5));
    expect(merged).toMatchObject({ weight: 4, count: 2, fields: { trainLoss: Float64Array.of(16), examples: Float64Array.of(4) } });
  });

  it('trains by the settings of the task', async () => {
    const trainer = createToyTrainer([[1, 8], [2, 0], [1, 1]]);
    const many = FedAvgConfig.parse({ epochs: 3, batchSize: 2, learningRate: 0.5 });
    await edgeOf(fedavg, many, trainer, zero(), 7);
    await edgeOf(fedavg, many, trainer, zero(), 7);
    await edgeOf(fedavg, many, trainer, zero(), 8);
    expect(trainer.calls[0]).toMatchObject({ epochs: 3, batchSize: 2, learningRate: 0.5 });
    expect(trainer.calls[1].seed).toBe(trainer.calls[0].seed);
    expect(trainer.calls[2].seed).not.toBe(trainer.calls[0].seed);
  });

  it('trains for so many steps where it is told to, and says in which of the two it lasts', async () => {
    const trainer = createToyTrainer([[1, 8], [2, 0], [1, 1]]);
    const short = FedAvgConfig.parse({ steps: 4, batchSize: 2, learningRate: 0.5 });
    await edgeOf(fedavg, short, trainer, zero());
    expect(trainer.calls[0]).toMatchObject({ steps: 4, batchSize: 2 });
    expect(trainer.calls[0]).not.toHaveProperty('epochs');
    for (const wrong of [{}, { epochs: 1, steps: 1 }]) {
      const parsed = FedAvgConfig.safeParse({ ...wrong, batchSize: 2, learningRate: 0.5 });
      expect(parsed.error?.issues).toMatchObject([{ path: ['epochs'], message: 'local training lasts so many epochs or so many steps: give one of the two' }]);
    }
  });

  it('takes the rate of the round that it is told, and refuses to guess it', async () => {
    const falling = FedAvgConfig.parse({ epochs: 1, batchSize: null, learningRate: { schedule: 'exponential', initial: 0.25, factor: 0.5 } });
    const state = fedavg.init(zero(), falling);
    expect([1, 2, 3].map((round) => fedavg.plan(state, round, falling))).toEqual([{ learningRate: 0.25 }, { learningRate: 0.125 }, { learningRate: 0.0625 }]);
    expect(fedavg.plan(state, 2, config)).toEqual({});
    const broadcast = fedavg.plan(state, 2, falling);
    const { statistic } = await fedavg.edge({ config: falling, base: zero(), broadcast, state: null, trainer: edgeA(), random: createRandom(1), signal: new AbortController().signal });
    // One step of 0.125 against (−16, −16), as with a rate that stays.
    expect(statistic.fields.delta).toEqual(Float32Array.of(2, 2));
    await expect(edgeOf(fedavg, falling, edgeA(), zero())).rejects.toMatchObject({ code: 'bad_message' });
  });

  it('hands the signal on', async () => {
    const trainer = edgeA();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fedavg.edge({ config, base: zero(), broadcast: {}, state: null, trainer, random: createRandom(1), signal })).rejects.toThrow('enough');
  });

  it('keeps momentum over rounds, and leaves the states before as they were', () => {
    const heavy = FedAvgConfig.parse({ epochs: 1, batchSize: null, learningRate: 0.125, server: { name: 'sgd', learningRate: 0.5, momentum: 0.5 } });
    const deltas = [Float32Array.of(4, 0), Float32Array.of(2, -4), Float32Array.of(0, 8)];
    const states = [fedavg.init(Float32Array.of(1, 0), heavy)];
    for (const delta of deltas) {
      const merged = mergeAll(fedavg, [{ weight: 3, fields: { delta, trainLoss: Float64Array.of(1), examples: Float64Array.of(3) } }]);
      states.push(fedavg.update(states.at(-1) as (typeof states)[0], merged, heavy));
    }
    // g = −delta; v ← v/2 + g: (−4, 0), (−4, 4), (−2, −6); w ← w − v/2: (3, 0), (5, −2), (6, 1).
    expect(states.map(({ parameters }) => [...parameters])).toEqual([[1, 0], [3, 0], [5, -2], [6, 1]]);
    expect(states.slice(1).map(({ vectors }) => [...vectors.velocity])).toEqual([[-4, 0], [-4, 4], [-2, -6]]);
    expect(states[0].vectors).toEqual({});
  });

  it('keeps a server learning rate of 0, a local one of 0 and a momentum of 0', async () => {
    const still = FedAvgConfig.parse({ epochs: 1, batchSize: null, learningRate: 0, server: { name: 'sgd', learningRate: 0, momentum: 0 } });
    expect(still).toMatchObject({ epochs: 1, steps: null, batchSize: null, learningRate: 0, optimizer: { momentum: 0 }, server: { name: 'sgd', learningRate: 0, momentum: 0 } });
    expect((await edgeOf(fedavg, still, edgeA(), zero())).fields.delta).toEqual(zero());
    const merged = mergeAll(fedavg, [{ weight: 3, fields: { delta: Float32Array.of(4, 0), trainLoss: Float64Array.of(1), examples: Float64Array.of(3) } }]);
    const after = fedavg.update(fedavg.init(Float32Array.of(1, 2), still), merged, still);
    expect(after).toEqual({ parameters: Float32Array.of(1, 2), vectors: {}, numbers: {} });
  });

  it('lets the server’s rate follow a schedule by the updates made', () => {
    const warming = FedAvgConfig.parse({ epochs: 1, batchSize: null, learningRate: 1, server: { name: 'sgd', learningRate: { schedule: 'step', initial: 1, warmupRounds: 1, every: 1, factor: 0.5 } } });
    let state = fedavg.init(zero(), warming);
    const path: number[] = [];
    for (let update = 0; update < 4; update++) {
      state = fedavg.update(state, mergeAll(fedavg, [{ weight: 3, fields: { delta: Float32Array.of(8, 0), trainLoss: Float64Array.of(1), examples: Float64Array.of(3) } }]), warming);
      path.push(state.parameters[0]);
    }
    // Half of the first delta, all of the second, half of the third, a quarter of the fourth.
    expect(path).toEqual([4, 12, 16, 18]);
    expect(state.numbers).toEqual({ steps: 4 });
  });

  it('by default moves by the mean delta itself', () => {
    expect(config.server).toEqual({ name: 'sgd', learningRate: 1, momentum: 0 });
  });

  it('refuses a merged statistic of another model', () => {
    const merged = { weight: 1, count: 1, fields: { delta: new Float32Array(3) } };
    expect(() => fedavg.update(fedavg.init(zero(), config), merged, config)).toThrow(expect.objectContaining({ code: 'bad_layout' }));
  });
});

describe('FedSGD', () => {
  const config = FedSgdConfig.parse({ server: { name: 'sgd', learningRate: 0.25, momentum: 0.5 } });

  it('takes the step at the server, against the gradient over the examples of all', async () => {
    let state = fedsgd.init(zero(), config);
    const round = async (): Promise<MergedStatistic> => mergeAll(fedsgd, [await edgeOf(fedsgd, config, edgeA(), state.parameters), await edgeOf(fedsgd, config, edgeB(), state.parameters)]);
    const first = await round();
    // (1·(−16) + 3·0) / 4
    expect(first.fields.gradient).toEqual(Float32Array.of(-4, -4));
    state = fedsgd.update(state, first, config);
    // w = 0 − 0.25 · (−4)
    expect(state.parameters).toEqual(Float32Array.of(1, 1));
    // At (1, 1): A has error −6, gradient (−12, −12); B error 3, gradient (12, 6): mean (6, 1.5).
    // v = 0.5 · (−4, −4) + (6, 1.5) = (4, −0.5); w = (1, 1) − 0.25 · v.
    state = fedsgd.update(state, await round(), config);
    expect(state.vectors.velocity).toEqual(Float32Array.of(4, -0.5));
    expect(state.parameters).toEqual(Float32Array.of(0, 1.125));
  });

  it('is FedAvg of one full-batch step where the learning rates agree', async () => {
    const base = Float32Array.of(0.5, -1);
    const local = FedAvgConfig.parse({ epochs: 1, batchSize: null, learningRate: 0.25 });
    const remote = FedSgdConfig.parse({ server: { name: 'sgd', learningRate: 0.25 } });
    const averaged = fedavg.update(fedavg.init(base, local), mergeAll(fedavg, [await edgeOf(fedavg, local, edgeA(), base), await edgeOf(fedavg, local, edgeB(), base)]), local);
    const stepped = fedsgd.update(fedsgd.init(base, remote), mergeAll(fedsgd, [await edgeOf(fedsgd, remote, edgeA(), base), await edgeOf(fedsgd, remote, edgeB(), base)]), remote);
    expect(averaged.parameters).toEqual(stepped.parameters);
  });

  it('asks for its server optimizer', () => {
    expect(FedSgdConfig.safeParse({}).success).toBe(false);
  });
});

describe('algorithm registry', () => {
  it('finds each by its name', () => {
    expect(ALGORITHM_NAMES).toEqual(expect.arrayContaining(['fedavg', 'fedsgd', 'fedavgm', 'fedadagrad', 'fedadam', 'fedyogi', 'fedprox', 'scaffold', 'fednova', 'feddyn', 'q-fedavg', 'statistics', 'ridge', 'kmeans', 'pca']));
    expect(new Set(ALGORITHM_NAMES).size).toBe(ALGORITHM_NAMES.length);
    for (const name of ALGORITHM_NAMES) expect(findAlgorithm(name).name).toBe(name);
    expect(() => findAlgorithm('fedprox2')).toThrow(expect.objectContaining({ code: 'bad_task_spec', message: expect.stringContaining('fedavg, ') as string }));
  });
});
