/** Tasks without a model in the simulator: real sessions compute on their own parts, under virtual time, and the run says what was found. */
import { describe, expect, it } from 'vitest';
import type { KMeansResult, StatisticsResult } from '../../shared/algorithms/statistics/result.ts';
import { parseScenario, type ScenarioInput } from '../../simulations/scenario/scenario.ts';
import { DatasetSpec, openDataset } from '../../simulations/datasets/registry.ts';
import { DataContract } from '../../shared/task/data-contract.ts';
import type { RecordLine, ResultLine } from '../../simulations/run/record.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { describeResult } from '../../cli/simulate/describe-result.ts';
import { thrownBy } from '../helpers/thrown.ts';

const DATASET = DatasetSpec.parse({ name: 'blobs', owners: 12, examplesPerOwner: 20, features: 3, classes: 4, separation: 20 });
const data = DataContract.parse(openDataset(DATASET).contract({ flat: true }));

function scenarioOf(algorithm: ScenarioInput['task']['algorithm'], fields: Partial<ScenarioInput> = {}): ScenarioInput {
  return {
    name: 'found', description: 'what twelve clients hold together', task: { data, algorithm, round: { goal: 12, minimum: 10, overSelection: 1 } },
    data: { dataset: DATASET, partition: { name: 'natural' } }, edges: 12, rounds: 1, ...fields,
  };
}

async function run(scenario: ScenarioInput, seed = 1): Promise<{ result: ResultLine; lines: RecordLine[] }> {
  const lines: RecordLine[] = [];
  return { result: await simulate(parseScenario(scenario), { seed, workers: 1, onLine: (line) => lines.push(line) }), lines };
}

describe('a scenario without a model', () => {
  const algorithm = { name: 'statistics', k: 5, columns: [{ column: 'x1', moments: true, range: true }, { column: 'class', values: true }] };

  it('finds what all examples together say', async () => {
    const { result, lines } = await run(scenarioOf(algorithm));
    const { inputs, labels, size } = await openDataset(DATASET).loadWhole('train');
    const x1 = Array.from({ length: size }, (_, i) => inputs[3 * i]);
    const mean = x1.reduce((sum, value) => sum + value, 0) / size;
    const found = result.found as StatisticsResult;
    expect(found).toMatchObject({ kind: 'statistics', edges: 12, rows: 240 });
    expect(found.columns[0].measures?.range).toEqual({ minimum: Math.min(...x1), maximum: Math.max(...x1) });
    expect(found.columns[0].measures?.moments?.mean).toBeCloseTo(mean, 10);
    expect(found.columns[0].measures?.moments?.variance).toBeCloseTo(x1.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size, 10);
    expect(found.columns[1].measures?.values?.values.map(({ count }) => count)).toEqual([0, 1, 2, 3].map((label) => labels.filter((own) => own === label).length));
    // The record says it, too; nobody was judged, and computing took the devices some of their time.
    expect(lines.at(-1)).toEqual(result);
    expect([result.accuracy, result.loss, result.rounds]).toEqual([null, null, 1]);
    expect(result.virtualSeconds).toBeGreaterThan(0);
    expect(describeResult(result, null)).toMatch(/^240 rows at 12 edges; no number rests on fewer than 5\.[^]*\nrounds +1\n/);
    expect(describeResult(result, null)).not.toContain('accuracy');
  });

  it('is the same run for the same seed, whatever was computed, and takes longer where the devices have more to do', async () => {
    const kmeans = scenarioOf({ name: 'kmeans', k: 5, clusters: 4 }, { rounds: 8 });
    const [one, other, slow] = await Promise.all([run(kmeans), run(kmeans), run({ ...kmeans, training: { kind: 'real', stepCost: 1000 } })]);
    expect(other.result).toEqual({ ...one.result, wallSeconds: other.result.wallSeconds });
    expect(slow.result.digest).toBe(one.result.digest);
    expect(slow.result.virtualSeconds).toBeGreaterThan(2 * one.result.virtualSeconds);
    // Four clouds far from each other, of sixty examples each.
    expect((one.result.found as KMeansResult).clusters.map(({ count }) => count)).toEqual([60, 60, 60, 60]);
  });

  it.each<[string, ScenarioInput['task']['algorithm']]>([
    ['statistics', { ...algorithm, columns: [...algorithm.columns, { column: 'x2', quantiles: {}, distinct: {}, frequent: {} }], covariance: ['x1', 'x2'] }],
    ['kmeans', { name: 'kmeans', k: 5, clusters: 4 }],
    ['pca', { name: 'pca', k: 5, components: 2 }],
    ['ridge', { name: 'ridge', k: 5 }],
  ])('goes on where its coordinator is killed and loses its power, and its messages are lost, doubled and garbled: %s', async (_, own) => {
    const broken = scenarioOf(own, {
      rounds: 12, hours: 2,
      faults: { messages: { drop: 0.01, duplicate: 0.03, delay: 0.03, corrupt: 0.01, cut: 0.01, lateSeconds: 1 }, coordinator: { crashesPerHour: 300, downSeconds: 1, powerCuts: 0.5 } },
    });
    const { result, lines } = await run({ ...broken, task: { ...broken.task, round: { goal: 12, minimum: 8, overSelection: 1, selectionSeconds: 1, comeBackSeconds: 1, reportingSeconds: 30 } } });
    const rounds = lines.filter((line) => line.type === 'round');
    expect(rounds.filter(({ outcome }) => outcome === 'committed')).toHaveLength(12);
    const struck = rounds.flatMap(({ faults = {} }) => Object.entries(faults)).filter(([name]) => name.startsWith('coordinator'));
    expect(struck.reduce((sum, [, times]) => sum + times, 0)).toBeGreaterThan(1);
    // Twenty rows an edge: no report has counted twice, and none was lost that was acknowledged.
    const found = result.found as NonNullable<ResultLine['found']>;
    expect(found.edges).toBe(rounds.at(-1)?.reported);
    expect(found.rows).toBe(20 * found.edges);
    if (found.kind === 'kmeans') expect(found.clusters.map(({ count }) => count)).toEqual(new Array(4).fill(found.rows / 4));
  }, 60_000);

  it.each<[string, Partial<ScenarioInput>, RegExp]>([
    ['trivial training', { training: { kind: 'trivial' } }, /training: trivial training stands in for a model/],
    ['attackers', { attackers: { fraction: 0.1, attack: { name: 'sign-flip' } } }, /attackers: they spoil what a model learns/],
    ['stragglers', { troubles: { stragglers: 1 } }, /troubles: nobody trains here; shuffled labels/],
    ['a target', { target: 0.9 }, /there is no model whose accuracy could be measured/],
  ])('is refused with %s', async (_, fields, words) => {
    const error = await thrownBy(() => parseScenario(scenarioOf(algorithm, fields)));
    expect([error.code, error.message]).toEqual(['bad_config', expect.stringMatching(words)]);
  });
});
