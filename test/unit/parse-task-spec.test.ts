import { describe, expect, it } from 'vitest';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import { isMurmurError } from '../../shared/errors.ts';
import { parseAnyTask, parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';

const table = {
  kind: 'table',
  features: [{ type: 'numeric', column: 'x' }],
  label: { type: 'categorical', column: 'y', values: ['no', 'yes'] },
};
const valid = {
  name: 'toy',
  model: { topology: { class_name: 'Sequential', config: {} }, loss: 'categoricalCrossentropy' },
  data: table,
  algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.1 },
  round: { goal: 4 },
};
const regression = { ...valid, data: { ...table, label: { type: 'numeric', column: 'y' } }, model: { ...valid.model, loss: 'meanSquaredError' } };

function problemsOf(input: unknown): unknown {
  try {
    parseTaskSpec(input);
  } catch (error) {
    if (!isMurmurError(error, 'bad_task_spec')) throw error;
    for (const { path, message } of error.details as { path: string; message: string }[]) {
      expect(error.message).toContain(path === '' ? message : `${path}: ${message}`);
    }
    return error.details;
  }
  return 'accepted';
}
const pathsOf = (input: unknown): string[] => (problemsOf(input) as { path: string }[]).map(({ path }) => path).sort();

describe('parseTaskSpec', () => {
  it('fills in every default, the algorithm’s among them, and reads its own output', () => {
    const spec = parseTaskSpec(valid);
    expect(spec.algorithm).toEqual({ ...valid.algorithm, steps: null, seconds: null, optimizer: { name: 'sgd', momentum: 0, nesterov: false }, clipNorm: null, classWeights: null, server: { name: 'sgd', learningRate: 1, momentum: 0 } });
    expect(spec.round).toMatchObject({ goal: 4, minimum: 1, overSelection: 1.3 });
    expect(parseTaskSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });

  it('names the path of every wrong field at once', () => {
    expect(
      pathsOf({
        ...valid,
        name: 'Not A Name',
        goal: 3,
        round: { goal: 2, minimum: 3 },
        selection: { criteria: { battery: { atLeast: 2 } }, sampler: { name: 'best' } },
        algorithm: { ...valid.algorithm, epochs: 0, server: { name: 'sgd', momentum: 1, nesterov: true } },
      }),
    ).toEqual(['algorithm.epochs', 'algorithm.server.momentum', 'algorithm.server.nesterov', 'goal', 'name', 'round.minimum', 'selection.criteria.battery.atLeast', 'selection.sampler.name']);
  });

  it('guesses which setting was meant by one that there is not, wherever it stands', () => {
    const told = (input: unknown): Record<string, string> => Object.fromEntries((problemsOf(input) as { path: string; message: string }[]).filter(({ message }) => message.includes('no such')).map(({ path, message }) => [path, message]));
    const none = 'there is no such setting';
    expect(told({ ...valid, algoritm: {}, weather: 1, round: { gaol: 4, over_selection: 2, x: 1 }, selection: { criteria: { batery: {}, battery: { atleast: 0.2 } } }, algorithm: { ...valid.algorithm, learningrate: 1, server: { name: 'sgd', momentun: 0.9 } } })).toEqual({
      algoritm: `${none}; did you mean algorithm?`,
      weather: none,
      'round.gaol': `${none}; did you mean goal?`,
      'round.over_selection': `${none}; did you mean overSelection?`,
      'round.x': none,
      'selection.criteria.batery': `${none}; did you mean battery?`,
      'selection.criteria.battery.atleast': `${none}; did you mean atLeast?`,
      'algorithm.learningrate': `${none}; did you mean learningRate?`,
      'algorithm.server.momentun': `${none}; did you mean momentum?`,
    });
  });

  it('keeps what is 0, false or null', () => {
    const spec = parseTaskSpec({ ...valid, algorithm: { ...valid.algorithm, batchSize: null, learningRate: 0, server: { name: 'sgd', learningRate: 0, momentum: 0 } }, privacy: { journal: false }, model: { ...valid.model, seed: 0 } });
    expect(spec.algorithm).toMatchObject({ batchSize: null, learningRate: 0, server: { learningRate: 0, momentum: 0 } });
    expect(spec.privacy.journal).toBe(false);
    expect(spec.model?.seed).toBe(0);
  });

  it.each<[string, unknown, string[]]>([
    ['nothing', undefined, ['']],
    ['a text', 'fedavg', ['']],
    ['an array', [], ['']],
    ['null for the algorithm', { ...valid, algorithm: null }, ['algorithm']],
    ['no algorithm name', { ...valid, algorithm: { epochs: 1 } }, ['algorithm.name']],
    ['an unknown algorithm', { ...valid, algorithm: { name: 'fedmagic' } }, ['algorithm.name']],
    ['an unknown optimizer', { ...valid, algorithm: { ...valid.algorithm, server: { name: 'magic' } } }, ['algorithm.server.name']],
    ['a missing setting', { ...valid, algorithm: { name: 'fedavg', batchSize: 10, learningRate: 0.1 } }, ['algorithm.epochs']],
    ['a batch size of neither kind', { ...valid, algorithm: { ...valid.algorithm, batchSize: 'all' } }, ['algorithm.batchSize']],
    ['a data contract of no kind', { ...valid, data: { kind: 'sound' } }, ['data.kind']],
    ['a wrong column', { ...valid, data: { ...table, features: [{ type: 'numeric', column: 'x', missing: 'zeros' }] } }, ['data.features.0.missing']],
  ])('refuses %s', (_, input, paths) => {
    expect(pathsOf(input)).toEqual(paths);
  });

  it('names the path of every wrong setting of a selection policy', () => {
    expect(pathsOf({
      ...valid,
      selection: {
        criteria: { batery: {}, network: { allow: ['wlan'] }, timeOfDay: { from: '25:00', to: '06:00' }, rest: {}, labels: { classes: 0, unknown: 'maybe' }, speed: { atLeast: 1, unknown: 'penalise', penalty: 0 } },
        scores: [{ name: 'quantity', weight: 0 }, { name: 'luck' }, { name: 'powerOfChoice', d: 5 }],
        sampler: { name: 'tiered', tiers: 3, probabilities: [1, 0] },
      },
    })).toEqual([
      'selection.criteria.batery', 'selection.criteria.labels.classes', 'selection.criteria.labels.unknown', 'selection.criteria.network.allow.0', 'selection.criteria.rest',
      'selection.criteria.speed.penalty', 'selection.criteria.timeOfDay.from', 'selection.sampler.probabilities', 'selection.scores.0.weight', 'selection.scores.1.name', 'selection.scores.2.d',
    ]);
    expect(problemsOf({ ...valid, selection: { sampler: { name: 'best' }, scores: [{ name: 'luck' }, { name: 'fairness' }] } })).toEqual([
      { path: 'selection.scores.0.name', message: 'there is no such score; there are: quantity, roundTime, reliability, statisticalUtility, powerOfChoice, fairness' },
      { path: 'selection.sampler.name', message: 'there is no such sampler; there are: uniform, weighted, topK, stratified, tiered, oort' },
    ]);
    expect(pathsOf({ ...valid, selection: { scores: [{ name: 'fairness' }, { name: 'fairness' }], sampler: { name: 'weighted' } } })).toEqual(['selection.scores']);
  });

  it('fills in every setting of a selection policy', () => {
    expect(parseTaskSpec({ ...valid, selection: { criteria: { battery: { atLeast: 0.2 }, rest: { rounds: 1 } }, sampler: { name: 'tiered', credits: 9 } } }).selection).toEqual({
      criteria: { battery: { atLeast: 0.2, unknown: 'allow', penalty: 0.5 }, rest: { rounds: 1 } }, scores: [],
      sampler: { name: 'tiered', tiers: 5, probabilities: null, every: 10, credits: 9 }, conditionsMaxAgeSeconds: 300,
    });
  });

  it('says what an unknown algorithm could have been', () => {
    expect(problemsOf({ ...valid, algorithm: { name: 'fedmagic' } })).toEqual([{ path: 'algorithm.name', message: expect.stringMatching(/^there is no algorithm "fedmagic"; there are: fedavg, /) as string }]);
  });
});

describe('what is wrong with a value', () => {
  const plain = valid.algorithm;
  it.each<[string, unknown, string, string]>([
    ['nothing where something is needed', { ...valid, algorithm: { ...plain, name: 'fedprox' } }, 'algorithm.mu', 'found nothing, expected a number'],
    ['a value of another kind', { ...valid, round: { goal: 'four' } }, 'round.goal', 'found "four", expected a number'],
    ['half a report', { ...valid, round: { goal: 1.5 } }, 'round.goal', 'found 1.5, expected a whole number'],
    ['too small a number', { ...valid, round: { goal: 4, overSelection: 0.5 } }, 'round.overSelection', 'found 0.5, expected at least 1'],
    ['too large a number', { ...valid, stop: { accuracy: 90 } }, 'stop.accuracy', 'found 90, expected at most 1'],
    ['an empty list', { ...valid, data: { ...table, features: [] } }, 'data.features', 'found an empty list, expected at least 1 entry'],
    ['a list for the whole', [], '', 'found a list, expected an object'],
    ['a name that was nearly right', { ...valid, aggregation: { rule: 'medain' } }, 'aggregation.rule', 'found "medain", expected one of mean, median, trimmed-mean, krum, multi-krum, bulyan, geometric-median, norm-bound, centered-clipping; did you mean median?'],
    ['a name that nothing resembles', { ...valid, model: { ...valid.model, loss: 'hinge' } }, 'model.loss', 'found "hinge", expected one of categoricalCrossentropy, binaryCrossentropy, meanSquaredError'],
    ['neither of two kinds', { ...valid, algorithm: { ...plain, learningRate: '0.1' } }, 'algorithm.learningRate', 'found "0.1", expected a number, or an object'],
    ['what is wrong within the kind that was meant', { ...valid, algorithm: { ...plain, learningRate: { schedule: 'cosin', initial: 0.1 } } }, 'algorithm.learningRate.schedule', 'found "cosin", expected one of constant, step, exponential, cosine, geometric, inverse-sqrt; did you mean cosine?'],
    ['a sampler', { ...valid, selection: { sampler: { name: 'ort' } } }, 'selection.sampler.name', 'there is no such sampler; there are: uniform, weighted, topK, stratified, tiered, oort; did you mean oort?'],
  ])('is said in what was found and what was expected: %s', (_, input, path, message) => {
    expect(problemsOf(input)).toEqual([{ path, message }]);
  });

  it('guesses which algorithm was meant', () => {
    expect(problemsOf({ ...valid, algorithm: { name: 'scafold' } })).toEqual([{ path: 'algorithm.name', message: expect.stringMatching(/; did you mean scaffold\?$/) as string }]);
  });
});

describe('compatibility matrix', () => {
  it('takes a regression task that has its own loss and stops by rounds', () => {
    expect(problemsOf({ ...regression, stop: { rounds: 3 } })).toBe('accepted');
    expect(problemsOf({ ...valid, stop: { accuracy: 0.9 } })).toBe('accepted');
  });

  it.each<[string, unknown, string, RegExp]>([
    ['an accuracy to stop at with a numeric label', { ...regression, stop: { accuracy: 0.9 } }, 'stop.accuracy', /no classes.*stop\.rounds/],
    ['a cross-entropy with a numeric label', { ...regression, model: valid.model }, 'model.loss', /meanSquaredError/],
    ['class weights of a numeric label', { ...regression, algorithm: { ...regression.algorithm, classWeights: 'balanced' } }, 'algorithm.classWeights', /no classes to weigh/],
    ['class weights for other classes', { ...valid, algorithm: { ...valid.algorithm, classWeights: [1, 2, 3, 4, 5, 6, 7] } }, 'algorithm.classWeights', /one for each class/],
    ['fewer edges in all than in a round', { ...valid, algorithm: { name: 'scaffold', epochs: 1, batchSize: 10, learningRate: 0.1, edges: 3 } }, 'algorithm.edges', /lower round\.goal/],
    ['more kept by Multi-Krum than are sure to be honest', { ...valid, round: { goal: 20, minimum: 20 }, aggregation: { rule: 'multi-krum', attackers: 4, keep: 15 } }, 'round.minimum', /keep \+ f \+ 2 = 21 or more.*or aggregation\.keep/],
    ['a norm bound of what an edge keeps whole', { ...valid, algorithm: { name: 'scaffold', epochs: 1, batchSize: 10, learningRate: 0.1, edges: 100 }, aggregation: { rule: 'norm-bound', norm: 1 } }, 'aggregation.rule', /sums what edges keep.*limits\.maxNorm/],
    ['a norm bound beside a number that scales', { ...valid, algorithm: { name: 'q-fedavg', epochs: 1, batchSize: 10, learningRate: 0.1, q: 1 }, aggregation: { rule: 'norm-bound', norm: 1 } }, 'aggregation.rule', /the number that scales it would be believed/],
    ['a median of what stands for another field', { ...valid, algorithm: { name: 'fednova', epochs: 1, batchSize: 10, learningRate: 0.1 }, aggregation: { rule: 'median' } }, 'aggregation.rule', /fedavg or fedprox/],
    ['a bound on the weight that no eligible edge meets', { ...valid, limits: { maxWeight: 99 }, selection: { criteria: { examples: { atLeast: 100 } } } }, 'limits.maxWeight', /raise limits\.maxWeight/],
  ])('refuses %s, with the reason and the alternative', (_, input, path, message) => {
    expect(problemsOf(input)).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  const select = (selection: unknown): unknown => ({ ...valid, selection });
  it.each<[string, unknown, string, RegExp]>([
    ['scores that the sampler would not look at', select({ scores: [{ name: 'quantity' }] }), 'selection.scores', /weighted or topK/],
    ['scores beside Oort’s own', select({ scores: [{ name: 'quantity' }], sampler: { name: 'oort' } }), 'selection.scores', /weighted or topK/],
    ['a sampler by score without one', select({ sampler: { name: 'weighted' } }), 'selection.sampler', /name selection\.scores/],
    ['more classes than there are', select({ criteria: { labels: { classes: 3 } } }), 'selection.criteria.labels.classes', /or fewer/],
    ['classes of a numeric label', { ...regression, selection: { criteria: { labels: { classes: 1 } } } }, 'selection.criteria.labels', /make the label categorical/],
    ['groups by a numeric label', { ...regression, selection: { sampler: { name: 'stratified', by: 'label' } } }, 'selection.sampler.by', /deviceClass or region/],
    ['label coverage that weighs too much', { ...valid, limits: { maxWeight: 99 }, selection: { criteria: { labels: { classes: 2, atLeast: 50 } } } }, 'limits.maxWeight', /raise limits\.maxWeight/],
    ['offline edges alone', select({ criteria: { network: { allow: ['offline'] } } }), 'selection.criteria.network.allow', /another network/],
    ['visible Node agents', select({ criteria: { backend: { allow: ['native'] }, visibility: { allow: ['visible'] } } }), 'selection.criteria.visibility', /allow hidden/],
  ])('refuses %s', (_, input, path, message) => {
    expect(problemsOf(input)).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  it('takes each of these where it can be met', () => {
    expect(problemsOf(select({ scores: [{ name: 'quantity' }], sampler: { name: 'weighted' } }))).toBe('accepted');
    expect(problemsOf(select({ scores: [{ name: 'quantity' }], sampler: { name: 'stratified', by: 'label' } }))).toBe('accepted');
    expect(problemsOf(select({ criteria: { labels: { classes: 2, atLeast: 50_000 }, network: { allow: ['offline', 'wifi'] }, backend: { allow: ['native', 'wasm'] }, visibility: { allow: ['visible'] } }, sampler: { name: 'oort' } }))).toBe('accepted');
  });

  it('refuses an evaluation once where there is no model, whether the algorithm would train one or not', () => {
    const { model: _, ...without } = valid;
    const judged = { ...without, data: { ...table, validation: { fraction: 0.2 } }, evaluation: { minimumEdges: 2 }, round: { goal: 4, minimum: 3 } };
    expect(pathsOf(judged)).toEqual(['evaluation', 'model']);
    expect(problemsOf({ ...judged, algorithm: { name: 'statistics', k: 3, columns: [{ column: 'x', moments: true }] } })).toEqual([{ path: 'evaluation', message: expect.stringMatching(/without a model exclude/) as string }]);
  });

  const columns = {
    name: 'people', data: { kind: 'columns', columns: [{ type: 'numeric', column: 'x' }] }, algorithm: { name: 'statistics', k: 3, columns: [{ column: 'x', moments: true }] }, round: { goal: 4, minimum: 3 },
  };

  it('says of bare columns that there is no model, and nothing of labels that they do not have', () => {
    for (const stop of [{ accuracy: 0.9 }, { patience: { rounds: 2 } }]) {
      expect(problemsOf({ ...columns, stop })).toEqual([{ path: `stop.${Object.keys(stop)[0]}`, message: expect.stringMatching(/a task without a model.*set stop\.rounds/) as string }]);
    }
    expect(problemsOf({ ...columns, evaluation: {} })).toEqual([{ path: 'evaluation', message: expect.stringMatching(/without a model/) as string }]);
  });

  it('names the column that is asked for twice', () => {
    const twice = { name: 'statistics', k: 3, columns: [{ column: 'x', moments: true }, { column: 'x', range: true }] };
    expect(problemsOf({ ...columns, algorithm: twice })).toEqual([{ path: 'algorithm.columns', message: 'x: asked for twice; ask for all measures of a column in one entry' }]);
  });

  it('names the reports of a round and the edges that a number needs', () => {
    expect(problemsOf({ ...columns, round: { goal: 4, minimum: 2 } })).toEqual([{ path: 'round.minimum', message: expect.stringMatching(/2 are enough for a round.*algorithm\.k = 3 edges.*raise round\.minimum/) as string }]);
  });

  it('refuses statistics among peers for what they are, not for the model and the round', () => {
    expect(() => parseAnyTask({ ...columns, mode: 'gossip' })).toThrow(/algorithm\.name: peers and an algorithm that trains no model.*use the mode federated/);
  });

  it('takes a bound on the weight that equals the least number of examples', () => {
    expect(problemsOf({ ...valid, limits: { maxWeight: 100 }, selection: { criteria: { examples: { atLeast: 100 } } } })).toBe('accepted');
  });
});

describe('statisticSchemaFor', () => {
  it('joins the algorithm’s fields and the task’s limits', () => {
    const spec = parseTaskSpec({ ...valid, limits: { maxWeight: 50, maxNorm: 2 } });
    expect(statisticSchemaFor(spec, TOY_LAYOUT)).toEqual({
      fields: [
        { name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [2] },
        { name: 'trainLoss', monoid: 'weighted-mean', dtype: 'float64', shape: [] },
        { name: 'examples', monoid: 'sum', dtype: 'float64', shape: [], range: { atLeast: 1, atMost: 2 ** 40, whole: true } },
      ],
      maxWeight: 50,
      maxNorm: 2,
    });
  });
});
