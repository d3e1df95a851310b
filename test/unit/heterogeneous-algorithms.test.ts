/** Algorithms for data that differ from edge to edge, each on a problem that is worked out by hand and where plain FedAvg ends elsewhere. */
import { describe, expect, it } from 'vitest';
import type { Algorithm, EdgeState, ServerState } from '../../shared/algorithms/algorithm.ts';
import { fedavg, FedAvgConfig } from '../../shared/algorithms/fedavg.ts';
import { feddyn, FedDynConfig } from '../../shared/algorithms/feddyn.ts';
import { amountOfSteps, fednova, FedNovaConfig } from '../../shared/algorithms/fednova.ts';
import { fedadagrad, fedadam, fedavgm, fedyogi } from '../../shared/algorithms/fedopt.ts';
import { fedprox, FedProxConfig } from '../../shared/algorithms/fedprox.ts';
import { qfedavg, QFedAvgConfig } from '../../shared/algorithms/q-fedavg.ts';
import { scaffold, ScaffoldConfig } from '../../shared/algorithms/scaffold.ts';
import { asAssignmentId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import type { MergedStatistic, Statistic } from '../../shared/statistics/statistic.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { createToyTrainer, TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

type Example = readonly [x: number, y: number];

/** Edges and a server that run rounds of an algorithm with everybody, through the same check and accumulator as live ones. */
function federation<Config>(algorithm: Algorithm<Config>, config: Config, data: readonly (readonly Example[])[]) {
  const trainers = data.map((examples) => createToyTrainer(examples));
  const memories: (EdgeState | null)[] = data.map(() => null);
  const schema = { fields: algorithm.needs.fields(TOY_LAYOUT), maxWeight: 1000, maxNorm: null };
  let state: ServerState = algorithm.init(new Float32Array(2), config);
  let merged: MergedStatistic | null = null;
  let rounds = 0;
  return {
    memories,
    state: () => state,
    merged: () => merged as MergedStatistic,
    async round(...edges: readonly number[]): Promise<number> {
      rounds++;
      const accumulator = createAccumulator(schema);
      for (const edge of edges.length > 0 ? edges : trainers.keys()) {
        const statistic: Statistic = await algorithm
          .edge({
            config, base: state.parameters, broadcast: algorithm.plan(state, rounds, config), state: memories[edge], serverVectors: state.vectors,
            trainer: trainers[edge], random: createRandom(rounds), signal: new AbortController().signal,
          })
          .then((outcome) => {
            memories[edge] = outcome.nextState ?? memories[edge];
            return outcome.statistic;
          });
        checkStatistic(schema, statistic);
        accumulator.add(statistic, asAssignmentId(`round-${rounds}-${edge}`));
      }
      merged = accumulator.merged();
      state = algorithm.update(state, merged, config);
      return state.parameters[0];
    },
    /** Both weights stay the same: the problems are symmetrical. */
    async settle(count: number): Promise<number> {
      for (let i = 0; i < count; i++) await this.round();
      return state.parameters[0];
    },
  };
}

// With both weights at u, the first edge's loss is (2u − 8)², least at 4, its gradient in each weight 4u − 16; the second's is
// 2u², least at 0, its gradient 2u. Their mean is least at 8/3. Two steps of 1/8: the first halves its way to 4 twice, the
// second its way to 0 to 9/16; they balance at 48/19, and that is where FedAvg stays.
const UNLIKE: readonly (readonly Example[])[] = [[[1, 8], [1, 8]], [[1, 0], [-1, 0]]];
const two = { epochs: 2, batchSize: null, learningRate: 0.125 } as const;
const BEST = 8 / 3;

it('FedAvg ends where the edges’ work balances, not where the mean loss is least', async () => {
  const federated = federation(fedavg, FedAvgConfig.parse(two), UNLIKE);
  expect(await federated.round()).toBe(1.5);
  expect(await federated.settle(100)).toBeCloseTo(48 / 19, 5);
});

describe('FedProx', () => {
  it('is FedAvg where nothing pulls', async () => {
    const [plain, prox] = [federation(fedavg, FedAvgConfig.parse(two), UNLIKE), federation(fedprox, FedProxConfig.parse({ ...two, mu: 0 }), UNLIKE)];
    for (let round = 0; round < 3; round++) expect(await prox.round()).toBe(await plain.round());
  });

  it('keeps edges near that work until they are done', async () => {
    // 8u − 16 − 4w: the first is at 2 + w/2 in one step; 6u − 4w: the second goes to 2w/3.
    const long = { ...two, epochs: 60 };
    const prox = federation(fedprox, FedProxConfig.parse({ ...long, mu: 4 }), UNLIKE);
    expect(await prox.round()).toBe(1);
    // w = (2 + w/2 + 2w/3) / 2 at 12/5; where nothing pulls, each goes to its own least, and their mean is 2.
    expect(await prox.settle(100)).toBeCloseTo(2.4, 5);
    expect(await federation(fedavg, FedAvgConfig.parse(long), UNLIKE).settle(2)).toBeCloseTo(2, 5);
  });
});

describe('SCAFFOLD', () => {
  const config = ScaffoldConfig.parse({ ...two, edges: 2 });

  it('goes to where the mean loss is least, by numbers known in advance', async () => {
    const federated = federation(scaffold, config, UNLIKE);
    // 0 → 2 → 3 and 0 → 0 → 0. cᵢ: −3 / (2/8) = −12, the mean of the gradients −16 and −8; and 0.
    expect(await federated.round()).toBe(1.5);
    expect(federated.memories.map((memory) => memory?.vectors.control[0])).toEqual([-12, expect.closeTo(0, 10)]);
    // Their sum: the server's is half of it.
    expect(federated.state().vectors.control).toEqual(Float32Array.of(-12, -12));
    // Corrected by −6 + 12: 1.5 → 2 → 2.25, gradients −10 and −8. Corrected by −6: 1.5 → 1.875 → 2.15625, gradients 3 and 3.75.
    expect(await federated.round()).toBe(2.203125);
    expect(federated.memories.map((memory) => memory?.vectors.control[0])).toEqual([-9, 3.375]);
    expect(federated.state().vectors.control[0]).toBe(2 * -2.8125);
    expect(await federated.settle(200)).toBeCloseTo(BEST, 5);
    // At rest each control variate is its edge's own gradient there: 4 · 8/3 − 16 and 2 · 8/3.
    expect(federated.memories.map((memory) => memory?.vectors.control[0])).toEqual([expect.closeTo(-16 / 3, 4), expect.closeTo(16 / 3, 4)]);
    expect(federated.state().vectors.control[0]).toBeCloseTo(0, 4);
  });

  it('takes the gradient at the shared weights for a control variate where it is told to', async () => {
    const federated = federation(scaffold, ScaffoldConfig.parse({ ...two, edges: 2, control: 'gradient' }), UNLIKE);
    expect(await federated.round()).toBe(1.5);
    // At 0: −16 and 0.
    expect(federated.memories.map((memory) => memory?.vectors.control[0])).toEqual([-16, 0]);
    // Corrected by −8 + 16: 1.5 → 1.75 → 1.875. Corrected by −8: 1.5 → 2.125 → 2.59375. At 1.5 the gradients are −10 and 3.
    expect(await federated.round()).toBe(2.234375);
    expect(federated.memories.map((memory) => memory?.vectors.control[0])).toEqual([-10, 3]);
    expect(federated.state().vectors.control[0]).toBe(-7);
    expect(await federated.settle(200)).toBeCloseTo(BEST, 5);
    for (const other of [{ clipNorm: 1 }, { classWeights: 'balanced' }]) expect(ScaffoldConfig.safeParse({ ...two, edges: 2, control: 'gradient', ...other }).error?.issues).toMatchObject([{ path: ['control'] }]);
  });

  it('gets there when one edge at a time takes part, the server’s control variate a share of N', async () => {
    const federated = federation(scaffold, config, UNLIKE);
    await federated.round(0);
    // Of two edges the first one's −12: the server's is half of that.
    expect(federated.state()).toMatchObject({ parameters: Float32Array.of(3, 3), vectors: { control: Float32Array.of(-12, -12) } });
    expect(scaffold.plan(federated.state(), 2, config)).toEqual({ edgesWeight: 2 });
    for (let i = 0; i < 400; i++) await federated.round(i % 2);
    const [a, b] = [federated.state().parameters[0], await federated.round(0)];
    expect((a + b) / 2).toBeCloseTo(BEST, 3);
  });

  it('counts edges without a state; what one that lost its own had would stay in the server’s for good', async () => {
    const federated = federation(scaffold, config, UNLIKE);
    await federated.round();
    expect(federated.merged().fields.begun).toEqual(Float64Array.of(2));
    await federated.round();
    expect(federated.state().numbers).toEqual({ begun: 2, begunWeight: 2 });
    federated.memories[0] = null;
    await federated.round();
    expect(federated.state().numbers).toEqual({ begun: 3, begunWeight: 3 });
    // It had −9, which the server's sum keeps.
    const own = federated.memories.map((memory) => memory?.vectors.control[0] ?? NaN);
    expect(federated.state().vectors.control[0] - (own[0] + own[1])).toBeCloseTo(-9, 5);
  });

  it('takes the mean over those who have begun, where they are more than the task says', async () => {
    const federated = federation(scaffold, ScaffoldConfig.parse({ ...two, edges: 1 }), UNLIKE);
    await federated.round();
    expect(scaffold.plan(federated.state(), 2, ScaffoldConfig.parse({ ...two, edges: 1 }))).toEqual({ edgesWeight: 2 });
    expect(await federated.round()).toBe(2.203125);
  });

  it('lets edges count by their examples where it is told to, and goes to where that mean is least', async () => {
    const data: readonly (readonly Example[])[] = [[[1, 8]], UNLIKE[1]];
    const federated = federation(scaffold, ScaffoldConfig.parse({ ...two, edges: 2, weighting: 'examples' }), data);
    // One example at 3, two at 0; and Σ nᵢ cᵢ.
    expect(await federated.round()).toBe(1);
    expect(federated.state()).toMatchObject({ vectors: { control: Float32Array.of(-12, -12) }, numbers: { begun: 2, begunWeight: 3 } });
    expect(scaffold.plan(federated.state(), 2, ScaffoldConfig.parse({ ...two, edges: 4 }))).toEqual({ edgesWeight: 6 });
    // (4u − 16) + 2 · 2u = 0, where FedAvg's balance is (4 − u) · 3/4 = 2 · u · 7/16.
    expect(await federated.settle(300)).toBeCloseTo(2, 5);
    expect(await federation(fedavg, FedAvgConfig.parse(two), data).settle(100)).toBeCloseTo(3 / (0.75 + 0.875), 5);
  });

  it('takes no weight of an edge that begins beyond what a report may weigh: it stands for all edges', () => {
    const about = { config, data: parseTaskSpec(toySpec()).data, maxWeight: 25 };
    expect(scaffold.needs.fields(TOY_LAYOUT, about).find(({ name }) => name === 'begunWeight')?.range).toEqual({ atLeast: 0, atMost: 25 });
  });

  it('learns nothing of gradients by which it did not move', async () => {
    const federated = federation(scaffold, ScaffoldConfig.parse({ ...two, learningRate: 0, edges: 2 }), UNLIKE);
    expect(await federated.round()).toBe(0);
    expect(federated.memories[0]?.vectors.control).toEqual(new Float32Array(2));
  });

  it('refuses to begin without the server’s control variate, and steps that tell nothing of the gradient', async () => {
    const context = { config, base: new Float32Array(2), broadcast: {}, state: null, trainer: createToyTrainer(UNLIKE[0]), random: createRandom(1), signal: new AbortController().signal };
    await expect(scaffold.edge(context)).rejects.toMatchObject({ code: 'bad_message' });
    expect(ScaffoldConfig.safeParse({ ...two, edges: 2, optimizer: { name: 'adam' } }).error?.issues).toMatchObject([{ path: ['optimizer'] }]);
    expect(ScaffoldConfig.safeParse({ ...two, edges: 2, optimizer: { name: 'sgd', momentum: 0.9 } }).success).toBe(false);
    expect(ScaffoldConfig.safeParse(two).error?.issues).toMatchObject([{ path: ['edges'] }]);
  });
});

describe('FedDyn', () => {
  const config = FedDynConfig.parse({ ...two, edges: 2, alpha: 4 });

  it('goes to where the mean loss is least, by numbers known in advance', async () => {
    const federated = federation(feddyn, config, UNLIKE);
    // 8u − 16: at 2 in one step, its gradient there −8; the second stays. h = −4 · (2 + 0) / 2, and w = 1 + 1.
    expect(await federated.round()).toBe(2);
    expect(federated.memories.map((memory) => memory?.vectors.gradient[0])).toEqual([-8, 0]);
    expect(federated.state().vectors.drift[0]).toBe(-4);
    // 8u − 16 again, so the first stays at 2; 6u − 8: the second goes 2 → 1.5 → 1.375. h = −4 + 1.25, w = 1.6875 + 0.6875.
    expect(await federated.round()).toBe(2.375);
    expect(federated.memories.map((memory) => memory?.vectors.gradient[0])).toEqual([-8, 2.5]);
    expect(federated.state().vectors.drift[0]).toBe(-2.75);
    expect(await federated.settle(200)).toBeCloseTo(BEST, 5);
    expect(federated.state().numbers).toEqual({ begun: 2 });
  });

  it('takes the mean over those who have begun, where they are more than the task says', async () => {
    const federated = federation(feddyn, FedDynConfig.parse({ ...two, edges: 1, alpha: 4 }), UNLIKE);
    // The first alone goes to 2: h = −4 · 2 / 1, w = 2 + 2. The second, from 4: 6u − 16 is 8/3 at rest; 4 → 3 → 2.75.
    expect(await federated.round(0)).toBe(4);
    expect(federated.state().vectors.drift[0]).toBe(-8);
    await federated.round(1);
    // Of two: −8 · 1/2, and −4 · −1.25 / 2.
    expect(federated.state()).toMatchObject({ parameters: Float32Array.of(2.75 + 1.5 / 4, 2.75 + 1.5 / 4), vectors: { drift: Float32Array.of(-1.5, -1.5) }, numbers: { begun: 2 } });
  });

  it('begins anew where an edge’s state is another model’s', async () => {
    const federated = federation(feddyn, config, UNLIKE);
    await federated.round();
    federated.memories[1] = { vectors: { gradient: new Float32Array(3) }, numbers: {} };
    await federated.round();
    expect(federated.merged().fields.begun).toEqual(Float64Array.of(1));
  });
});

describe('FedNova', () => {
  // One example that wants a + b = 8, three that want 0: the mean loss is least at 2. One step against three.
  const UNEQUAL: readonly (readonly Example[])[] = [[[1, 8]], [[1, 0], [1, 0], [1, 0]]];
  const settings = { epochs: 1, batchSize: 1, learningRate: 0.125 } as const;

  it('moves by the mean of the changes a step, times the mean number of steps', async () => {
    const federated = federation(fednova, FedNovaConfig.parse(settings), UNEQUAL);
    // Changes of 2 in one step and 0 in three: (2 + 3 · 0) / 4 a step, (1 + 3 · 3) / 4 steps.
    expect(await federated.round()).toBe(1.25);
    expect(federated.merged().fields.amount).toEqual(Float64Array.of(2.5));
  });

  it('ends near where the mean loss is least, FedAvg where steps are counted', async () => {
    const slow = { ...settings, learningRate: 1 / 1024 };
    // With r = 1 − 1/256 a step's way to go that is left: 8 / (2 + r + r²), and 8 / (1 + 3 (1 + r + r²)); a and b share it.
    const r = 255 / 256;
    expect(2 * (await federation(fednova, FedNovaConfig.parse(slow), UNEQUAL).settle(1500))).toBeCloseTo(8 / (2 + r + r ** 2), 3);
    expect(2 * (await federation(fedavg, FedAvgConfig.parse(slow), UNEQUAL).settle(1500))).toBeCloseTo(8 / (1 + 3 * (1 + r + r ** 2)), 3);
    expect(8 / (2 + r + r ** 2)).toBeCloseTo(2, 1);
  });

  it('is FedAvg where all edges do the same', async () => {
    const [plain, nova] = [federation(fedavg, FedAvgConfig.parse(two), UNLIKE), federation(fednova, FedNovaConfig.parse(two), UNLIKE)];
    for (let round = 0; round < 3; round++) expect(await nova.round()).toBe(await plain.round());
  });

  it('knows what steps amount to', () => {
    expect([1, 2, 3].map((steps) => amountOfSteps(steps, {}))).toEqual([1, 2, 3]);
    // 1; 1.5 + 1; 1.75 + 1.5 + 1.
    expect([1, 2, 3].map((steps) => amountOfSteps(steps, { momentum: 0.5 }))).toEqual([1, 2.5, 4.25]);
    // 1.5; 1.5 + 0.25 of the first and 1.5 of the second.
    expect([1, 2].map((steps) => amountOfSteps(steps, { momentum: 0.5, nesterov: true }))).toEqual([1.5, 3.25]);
    // 1; 0.5 + 1; 0.25 + 0.5 + 1.
    expect([1, 2, 3].map((steps) => amountOfSteps(steps, { pull: 0.5 }))).toEqual([1, 1.5, 1.75]);
  });

  it('takes no amount beyond what the most examples come to: it scales everybody’s step', () => {
    const mostOf = (fields: object): unknown => {
      const about = { config: FedNovaConfig.parse({ ...settings, ...fields }), data: parseTaskSpec(toySpec()).data, maxWeight: 25 };
      return fednova.needs.fields(TOY_LAYOUT, about).find(({ name }) => name === 'amount')?.range?.atMost;
    };
    // Three passes of ⌈25 / 10⌉ steps; 1 + 1.5.
    expect([mostOf({ epochs: 3, batchSize: 10 }), mostOf({ epochs: 3, batchSize: null }), mostOf({ epochs: null, steps: 7 })]).toEqual([9, 3, 7]);
    expect(mostOf({ epochs: 2, batchSize: null, optimizer: { name: 'sgd', momentum: 0.5 } })).toBe(2.5);
  });

  it('refuses what it does not know', () => {
    expect(FedNovaConfig.safeParse({ ...settings, optimizer: { name: 'adam' } }).error?.issues).toMatchObject([{ path: ['optimizer'] }]);
    expect(FedNovaConfig.safeParse({ ...settings, mu: 1, optimizer: { name: 'sgd', momentum: 0.5 } }).success).toBe(false);
    expect(FedNovaConfig.safeParse({ ...settings, mu: 1 }).success).toBe(true);
  });
});

describe('q-FedAvg', () => {
  const one = { epochs: 1, batchSize: null, learningRate: 0.125 } as const;

  it('weighs changes by the losses before them', async () => {
    const edges: readonly (readonly Example[])[] = [[[1, 8]], [[1, 4]]];
    // Losses 64 and 16, changes of 2 and 1, L = 8. q = 1: Δ 8 · 64 · 2 and 8 · 16 · 1; h 64 · 8 + 8 · 64 and 64 · 2 + 8 · 16.
    expect(await federation(qfedavg, QFedAvgConfig.parse({ ...one, q: 1 }), edges).round()).toBe(Math.fround((1024 + 128) / (1024 + 256)));
    expect(await federation(qfedavg, QFedAvgConfig.parse({ ...one, q: 0 }), edges).round()).toBe(1.5);
  });

  it('ends nearer to the edge that is alone, the larger q is', async () => {
    const edges: readonly (readonly Example[])[] = [[[1, 8]], [[1, 0]], [[1, 0]], [[1, 0]]];
    const end = async (q: number): Promise<number> => 2 * (await federation(qfedavg, QFedAvgConfig.parse({ ...one, q }), edges).settle(100));
    expect(await end(0)).toBeCloseTo(2, 4);
    // 3 s³ = (8 − s)³
    expect(await end(1)).toBeCloseTo(8 / (1 + 3 ** (1 / 3)), 4);
    // 3 s⁵ = (8 − s)⁵
    expect(await end(2)).toBeCloseTo(8 / (1 + 3 ** (1 / 5)), 4);
  });

  it('stands still where its schedule has come to a rate of 0', async () => {
    const federated = federation(qfedavg, QFedAvgConfig.parse({ ...one, learningRate: { schedule: 'cosine', initial: 0.125, rounds: 1 }, q: 1 }), [[[1, 8]], [[1, 4]]]);
    const moved = await federated.round();
    expect(moved).toBeGreaterThan(0);
    expect(await federated.round()).toBe(moved);
  });

  it('takes an edge that has nothing left to learn', async () => {
    expect(await federation(qfedavg, QFedAvgConfig.parse({ ...one, q: 0.5 }), [[[1, 0]], [[1, 8]]]).round()).toBeGreaterThan(0);
  });
});

describe('FedAvgM, FedAdagrad, FedAdam and FedYogi', () => {
  const local = { epochs: 1, batchSize: null, learningRate: 0.125 };

  it.each([
    [fedavgm, { name: 'sgd', learningRate: 1, momentum: 0.9 }],
    [fedadagrad, { name: 'adagrad', learningRate: 0.1, epsilon: 1e-3 }],
    [fedadam, { name: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 }],
    [fedyogi, { name: 'yogi', learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 }],
  ])('$name is FedAvg with its server', async (algorithm, server) => {
    const config = algorithm.config.parse(local) as FedAvgConfig;
    expect(config.server).toEqual(server);
    const [named, spelt] = [federation(algorithm as Algorithm<FedAvgConfig>, config, UNLIKE), federation(fedavg, FedAvgConfig.parse({ ...local, server }), UNLIKE)];
    for (let round = 0; round < 3; round++) expect(await named.round()).toBe(await spelt.round());
    expect(algorithm.config.safeParse({ ...local, server: { name: server.name === 'adam' ? 'yogi' : 'adam' } }).success).toBe(false);
  });

  it('FedAdam’s first step is known: Δ = 2, m = 0.2, v = 0.99 · 10⁻⁶ + 0.04', async () => {
    const federated = federation(fedadam as Algorithm<FedAvgConfig>, fedadam.config.parse(local) as FedAvgConfig, [[[1, 8]]]);
    expect(await federated.round()).toBeCloseTo((0.01 * 0.2) / (Math.sqrt(0.04 + 0.99e-6) + 1e-3), 8);
  });
});
