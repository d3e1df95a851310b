import { describe, expect, it } from 'vitest';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import { binOf, evaluationFields, evaluationValues, nameOf } from '../../shared/evaluation/fields.ts';
import { stratumOf, strataOf } from '../../shared/evaluation/strata.ts';
import { summariseEvaluation } from '../../shared/evaluation/summary.ts';
import { asAssignmentId, asDigest } from '../../shared/ids.ts';
import type { Evaluation } from '../../shared/model/trainer.ts';
import { createAccumulator, type Accumulator } from '../../shared/statistics/accumulator.ts';
import { decodeAccumulator, encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import type { Statistic } from '../../shared/statistics/statistic.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { TaskSpec, TaskSpecInput } from '../../shared/task/task-spec.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const VALIDATION = { fraction: 0.2 };

function lineTask(evaluation: TaskSpecInput['evaluation'], fields: Partial<TaskSpecInput> = {}): TaskSpec {
  return parseTaskSpec(toySpec({ data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' }, validation: VALIDATION }, evaluation, ...fields }));
}

function classTask(evaluation: TaskSpecInput['evaluation'], fields: Partial<TaskSpecInput> = {}): TaskSpec {
  const label = { type: 'categorical' as const, column: 'y', values: ['red', 'green', 'blue'] };
  return parseTaskSpec(toySpec({
    data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label, validation: VALIDATION }, model: { topology: { class_name: 'Sequential', config: {} }, loss: 'categoricalCrossentropy' }, evaluation, ...fields,
  }));
}

interface Found {
  readonly shared?: Evaluation;
  readonly personal?: Evaluation;
  readonly stratum?: number;
}

const evaluated = (examples: number, accuracy: number | null, loss: number): Evaluation => ({ examples, accuracy, loss });

/** As a report of one training example carries it. */
const reportOf = (spec: TaskSpec, { stratum = 0, ...found }: Found): Statistic => ({
  weight: 1, fields: { delta: new Float32Array(2), trainLoss: Float64Array.of(0), examples: Float64Array.of(1), ...evaluationValues(spec, found, stratum) },
});

/** Through check and accumulator, as in a round. */
function accumulate(spec: TaskSpec, found: readonly Found[], from = 0): Accumulator {
  const schema = statisticSchemaFor(spec, TOY_LAYOUT);
  const accumulator = createAccumulator(schema);
  for (const [i, one] of found.entries()) {
    const report = reportOf(spec, one);
    checkStatistic(schema, report);
    accumulator.add(report, asAssignmentId(`line.1.${from + i}`));
  }
  return accumulator;
}

describe('a federated evaluation', () => {
  // Ten edges of two examples each; accuracies 0, ½, ½, and seven times 1. Losses 4, 2, 2, and seven times 1.
  const TEN: readonly Found[] = [0, 0.5, 0.5, 1, 1, 1, 1, 1, 1, 1].map((accuracy) => ({ shared: evaluated(2, accuracy, accuracy === 0 ? 4 : accuracy === 0.5 ? 2 : 1) }));

  it('tells means over examples, and how the edges spread, from sums alone', () => {
    const spec = classTask({ bins: 4 });
    const { shared, personal } = summariseEvaluation(spec, accumulate(spec, TEN).merged())!;
    expect(personal).toBeNull();
    expect(shared).toMatchObject({ edges: 10, examples: 20, accuracy: 16 / 20, loss: 15 / 10, mean: 0.8, worstDecile: 0, bestDecile: 1, strata: null });
    // Σ a² = ½ + 7; the variance is 0.75 − 0.64.
    expect(shared.deviation).toBeCloseTo(Math.sqrt(0.11), 12);
  });

  it('counts examples in the accuracy and edges in the mean', () => {
    const spec = classTask({});
    const { shared } = summariseEvaluation(spec, accumulate(spec, [{ shared: evaluated(9, 1, 0) }, { shared: evaluated(1, 0, 10) }]).merged())!;
    expect(shared).toMatchObject({ edges: 2, examples: 10, accuracy: 0.9, loss: 1, mean: 0.5, deviation: 0.5 });
  });

  it('takes the share of a bin in which the tenth ends by the bin’s mean', () => {
    const spec = classTask({ bins: 2 });
    // Twenty edges: the worst two stand in the lower bin with two more, 0.1, 0.1, 0.3, 0.3: they count with 0.2.
    const found = [0.1, 0.1, 0.3, 0.3, ...new Array<number>(16).fill(0.75)].map((accuracy) => ({ shared: evaluated(20, accuracy, 1) }));
    const { shared } = summariseEvaluation(spec, accumulate(spec, found).merged())!;
    expect(shared.worstDecile).toBeCloseTo(0.2, 12);
    expect(shared.bestDecile).toBeCloseTo(0.75, 12);
  });

  it('goes by losses where labels are numbers, the highest being the worst', () => {
    const spec = lineTask({});
    const found = [...new Array<number>(9).fill(0.5), 8].map((loss) => ({ shared: evaluated(1, null, loss) }));
    const { shared } = summariseEvaluation(spec, accumulate(spec, found).merged())!;
    expect(shared).toMatchObject({ accuracy: null, loss: 1.25, mean: 1.25, worstDecile: 8, bestDecile: 0.5, deviation: 2.25 });
  });

  it('counts edges that hold nothing back as nothing, and tells nothing where none judged', () => {
    const spec = classTask({});
    const { shared } = summariseEvaluation(spec, accumulate(spec, [{}, ...TEN, {}]).merged())!;
    expect(shared).toMatchObject({ edges: 10, examples: 20 });
    expect(summariseEvaluation(spec, accumulate(spec, [{}, {}]).merged())).toBeNull();
    expect(summariseEvaluation(classTask(null), accumulate(classTask(null), [{}]).merged())).toBeNull();
  });

  it('is the same through edge aggregators', () => {
    const spec = classTask({ by: 'label' });
    const found = TEN.map((one, i) => ({ ...one, stratum: i % 4 }));
    const schema = statisticSchemaFor(spec, TOY_LAYOUT);
    const tree = createAccumulator(schema);
    for (const [from, to] of [[0, 3], [3, 10]]) tree.merge(decodeAccumulator(encodeAccumulator(accumulate(spec, found.slice(from, to), from), asDigest('0'.repeat(64))), schema).accumulator);
    // Halves and whole numbers: every sum is exact, whatever its grouping.
    expect(summariseEvaluation(spec, tree.merged())).toEqual(summariseEvaluation(spec, accumulate(spec, found).merged()));
  });

  it('tells groups of enough edges', () => {
    const spec = classTask({ by: 'label', minimumEdges: 2 });
    const { shared } = summariseEvaluation(spec, accumulate(spec, [
      { shared: evaluated(4, 1, 1), stratum: 0 }, { shared: evaluated(4, 0.5, 3), stratum: 0 }, { shared: evaluated(4, 0, 9), stratum: 2 },
    ]).merged())!;
    expect(shared.strata).toEqual({ red: { edges: 2, examples: 8, loss: 2, accuracy: 0.75, mean: 0.75, deviation: 0.25 } });
    expect(summariseEvaluation(spec, accumulate(spec, [{ shared: evaluated(4, 0, 9) }]).merged())).toBeNull();
  });

  it('tells the models that edges make of it apart from it', () => {
    const spec = classTask({ personalise: { learningRate: 0.1 } });
    const { shared, personal } = summariseEvaluation(spec, accumulate(spec, [{ shared: evaluated(4, 0.25, 2), personal: evaluated(4, 0.75, 1) }, {}]).merged())!;
    expect(shared).toMatchObject({ edges: 1, accuracy: 0.25, loss: 2 });
    expect(personal).toMatchObject({ edges: 1, accuracy: 0.75, loss: 1 });
  });

  it('bounds what one edge can say', () => {
    const spec = classTask({}, { limits: { maxWeight: 10, maxNorm: 1 } });
    const schema = statisticSchemaFor(spec, TOY_LAYOUT);
    // More examples than a report may weigh count as so many; a loss that ran away as a large one.
    const [capped, ran] = [reportOf(spec, { shared: evaluated(40, 0.5, 2) }), reportOf(spec, { shared: evaluated(4, 0, NaN) })];
    expect([...capped.fields[nameOf('shared', 'examples')], ...capped.fields[nameOf('shared', 'hits')], ...capped.fields[nameOf('shared', 'loss')]]).toEqual([10, 5, 20]);
    // An evaluation is no part of the norm, which is bounded by 1.
    for (const report of [capped, ran]) checkStatistic(schema, report);
    for (const [part, value] of [['edges', 2], ['edges', 0.5], ['examples', 11], ['hits', -1], ['values', 1.5], ['bins', 3]] as const) {
      const lie = reportOf(spec, { shared: evaluated(4, 0.5, 2) });
      lie.fields[nameOf('shared', part)][0] = value;
      expect(() => checkStatistic(schema, lie)).toThrow(expect.objectContaining({ code: 'out_of_range' }));
    }
  });

  it('has no fields where the task asks for none, and groups for its own alone', () => {
    expect(evaluationFields(classTask(null))).toEqual([]);
    expect(evaluationFields(classTask({ bins: 7, by: 'label' })).map(({ shape }) => shape)).toEqual([[4], [4], [4], [4], [4], [4], [7], [7]]);
  });
});

describe('the bins of the histogram', () => {
  it('are equal steps of accuracy, and equal ratios of loss', () => {
    expect([0, 0.24, 0.25, 0.99, 1].map((accuracy) => binOf(accuracy, 4, true))).toEqual([0, 0, 1, 3, 3]);
    // From 10⁻⁴ to 10⁴ in eight decades.
    expect([0, 1e-5, 0.5e-3, 0.5, 5, 5e3, 1e9].map((loss) => binOf(loss, 8, false))).toEqual([0, 0, 0, 3, 4, 7, 7]);
  });
});

describe('an edge’s group', () => {
  const capabilities = { platform: 'node', backend: 'wasm', region: 'ward 3' } as const;

  it('is its platform and backend', () => {
    const spec = classTask({ by: 'deviceClass' });
    expect(strataOf(spec)[stratumOf(spec, { capabilities, labels: null })]).toBe('node/wasm');
    expect(strataOf(spec)).toHaveLength(15);
  });

  it('is its region where the task names it', () => {
    const spec = classTask({ by: 'region', regions: ['ward 1', 'ward 3'] });
    const of = (region?: string): string => strataOf(spec)[stratumOf(spec, { capabilities: { platform: 'node', backend: 'wasm', ...(region === undefined ? {} : { region }) }, labels: null })];
    expect([of('ward 3'), of('ward 9'), of()]).toEqual(['ward 3', 'elsewhere', 'elsewhere']);
  });

  it('is the class of which it holds most examples, where its owner lets that be told', () => {
    const spec = classTask({ by: 'label' });
    const of = (labels: readonly number[] | null): string => strataOf(spec)[stratumOf(spec, { capabilities, labels })];
    expect([of([1, 5, 2]), of([3, 3, 0]), of(null)]).toEqual(['green', 'red', 'not told']);
  });
});

describe('a task with an evaluation', () => {
  const refused = (path: string): unknown => expect.objectContaining({ code: 'bad_task_spec', details: expect.arrayContaining([expect.objectContaining({ path })]) as unknown });

  it('is refused where it cannot work, with the reason', () => {
    expect(() => lineTask({ by: 'label' })).toThrow(refused('evaluation.by'));
    expect(() => classTask({ by: 'region' })).toThrow(refused('evaluation.regions'));
    expect(() => classTask({ minimumEdges: 3 })).toThrow(refused('evaluation.minimumEdges'));
    expect(() => parseTaskSpec(toySpec({ evaluation: {} }))).toThrow(refused('evaluation'));
  });
});
