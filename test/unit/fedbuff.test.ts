import { describe, expect, it } from 'vitest';
import { fedavg, FedAvgConfig } from '../../shared/algorithms/fedavg.ts';
import { fedbuff, FedBuffConfig } from '../../shared/algorithms/fedbuff.ts';
import { asAssignmentId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import type { MergedStatistic, Statistic } from '../../shared/statistics/statistic.ts';
import { findIncompatibilities, gossipIncompatibilities } from '../../shared/task/compatibility.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { GossipTask } from '../../shared/task/task-spec.ts';
import { createToyTrainer, TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const settings = { epochs: 1, batchSize: null, learningRate: 0.125, concurrency: 4 };
const report = (examples: number, delta: readonly number[]): Statistic => ({ weight: examples, fields: { delta: Float32Array.from(delta), trainLoss: Float64Array.of(1), examples: Float64Array.of(examples) } });

/** As the coordinator merges: each weight times the factor of its staleness. */
function merged(config: FedBuffConfig, reports: readonly (readonly [Statistic, staleness: number])[]): MergedStatistic {
  const asynchrony = fedbuff.asynchrony?.(config);
  const accumulator = createAccumulator({ fields: fedbuff.needs.fields(TOY_LAYOUT), maxWeight: 1000, maxNorm: null });
  reports.forEach(([statistic, staleness], i) => accumulator.add({ ...statistic, weight: (asynchrony?.factor(staleness) ?? 0) * statistic.weight }, asAssignmentId(`a${i}`)));
  return accumulator.merged();
}

const step = (config: FedBuffConfig, reports: readonly (readonly [Statistic, staleness: number])[], from = [0, 0]): number[] =>
  [...fedbuff.update(fedbuff.init(Float32Array.from(from), config), merged(config, reports), config).parameters];

describe('FedBuff', () => {
  const root = FedBuffConfig.parse(settings);
  const inverse = FedBuffConfig.parse({ ...settings, staleness: { name: 'polynomial', exponent: 1 } });

  it('takes half the power of the paper unless told otherwise: 1, 1/√2, 1/2 of what is 0, 1, 3 versions behind', () => {
    const { factor, concurrency, mostStaleness } = fedbuff.asynchrony?.(root) ?? { factor: () => 0, concurrency: 0, mostStaleness: 0 };
    expect([0, 3].map(factor)).toEqual([1, 0.5]);
    expect(factor(1)).toBeCloseTo(Math.SQRT1_2, 15);
    expect({ concurrency, mostStaleness }).toEqual({ concurrency: 4, mostStaleness: 50 });
    expect([0, 1, 3].map((staleness) => fedbuff.asynchrony?.(inverse).factor(staleness))).toEqual([1, 0.5, 0.25]);
    expect(fedbuff.asynchrony?.(FedBuffConfig.parse({ ...settings, staleness: { name: 'constant' } })).factor(1000)).toBe(1);
  });

  it('moves by the damped deltas over the weights as they were', () => {
    // (1·1·8 + ¼·3·16) / (1 + 3) = 5; the plain mean is 14, the mean over damped weights 20/1.75.
    expect(step(inverse, [[report(1, [8, 0]), 0], [report(3, [16, 4]), 3]], [1, 1])).toEqual([1 + 5, 1 + 0.75]);
  });

  it('moves less by a buffer of old reports alone', () => {
    // A mean over damped weights would move by the whole 8.
    expect(step(root, [[report(5, [8, -8]), 3]])).toEqual([4, -4]);
    expect(step(root, [[report(2, [8, 0]), 3], [report(6, [0, 8]), 3]])).toEqual([1, 3]);
  });

  it('takes no report that says other examples than it weighs: many of them would hold the model where it is', () => {
    const schema = statisticSchemaFor(parseTaskSpec(toySpec({ algorithm: { name: 'fedbuff', ...settings } })), TOY_LAYOUT);
    const lying = report(1, [8, 0]);
    lying.fields.examples[0] = 2 ** 40;
    expect(() => checkStatistic(schema, lying)).toThrow(expect.objectContaining({ code: 'out_of_range', message: 'field examples has 1099511627776, and the report weighs 1: they are the same here' }) as Error);
    expect(() => checkStatistic(schema, report(3, [8, 0]))).not.toThrow();
  });

  it('is FedAvg where nothing is stale', () => {
    const reports = [[report(1, [8, 0.1]), 0], [report(3, [1 / 3, 4]), 0]] as const;
    const config = FedAvgConfig.parse({ epochs: 1, batchSize: null, learningRate: 0.125 });
    const plain = fedavg.update(fedavg.init(Float32Array.of(1, 2), config), merged(root, reports), config);
    expect(step(root, reports, [1, 2])).toEqual([...plain.parameters]);
  });

  it('lets edges train as FedAvg’s do', async () => {
    const { statistic } = await fedbuff.edge({ config: root, base: new Float32Array(2), broadcast: {}, state: null, trainer: createToyTrainer([[1, 8]]), random: createRandom(1), signal: new AbortController().signal });
    expect(statistic).toEqual({ weight: 1, fields: { delta: Float32Array.of(2, 2), trainLoss: Float64Array.of(64), examples: Float64Array.of(1) } });
  });

  it('goes by the server’s optimizer: a learning rate of a half moves half as far', () => {
    const half = FedBuffConfig.parse({ ...settings, server: { name: 'sgd', learningRate: 0.5 } });
    expect(step(half, [[report(5, [8, -8]), 3]])).toEqual([2, -2]);
  });
});

describe('what does not go with buffers', () => {
  const task = (round: object = {}) => parseTaskSpec(toySpec({ algorithm: { name: 'fedbuff', ...settings }, round: { goal: 2, ...round } }));

  it('is over-selection that somebody asked for', () => {
    expect(findIncompatibilities(task())).toEqual([]);
    expect(findIncompatibilities(task({ overSelection: 1 }))).toEqual([]);
    expect(() => task({ overSelection: 2 })).toThrow(/round.overSelection: over-selection and an algorithm whose edges wait for nobody exclude each other: .*; set algorithm.concurrency/);
  });

  it('is a rule that sees all reports, an evaluation by the edges, and nobody at work', () => {
    const refused = (fields: object, settingsToo: object = {}) => () => parseTaskSpec(toySpec({ algorithm: { name: 'fedbuff', ...settings, ...settingsToo }, round: { goal: 2 }, ...fields }));
    expect(refused({ aggregation: { rule: 'median', attackers: 0 } })).toThrow(/aggregation.rule: .* an algorithm without rounds/);
    expect(refused({ evaluation: {} })).toThrow(/evaluation: .* rounds without a common deadline/);
    expect(refused({}, { concurrency: 0 })).toThrow(/algorithm.concurrency/);
  });

  it('is a gossip task', () => {
    const gossip = GossipTask.parse(toyGossipTask({ algorithm: { name: 'fedbuff', ...settings } }));
    expect(gossipIncompatibilities(gossip)).toEqual([{ path: 'algorithm.name', message: expect.stringMatching(/^a buffer of reports and peers that learn among themselves exclude each other: /) as string }]);
  });
});
