/**
 * Ridge regression in closed form (Hoerl, Kennard 1970, "Ridge Regression: Biased Estimation for Nonorthogonal Problems"):
 * edges forward the co-moments of their features and of what is to be predicted, and the coordinator solves the normal
 * equations. One round gives what all examples in one place would give. Classes are predicted as one number each.
 */
import { z } from 'zod';
import { MurmurError } from '../../errors.ts';
import { comomentsSize, startComoments } from '../../statistics/monoids/comoments.ts';
import type { MergedStatistic } from '../../statistics/statistic.ts';
import { classesOf, featureNamesOf, type DataContract } from '../../task/data-contract.ts';
import { createLayout, createParameters } from '../../tensors/layout.ts';
import type { Algorithm, ServerState } from '../algorithm.ts';
import { solvePositive } from './linear-algebra.ts';
import { COUNT } from './measures/measure.ts';
import { requireEdgeData, requireEdges } from './requirements.ts';
import type { RidgeResult } from './result.ts';
import { eachRow, featuresOf, readFeatures, readTargets, targetsOf } from './rows.ts';

export const RidgeConfig = z.strictObject({
  /** The fewest edges behind a solution. */
  k: z.int().min(1).max(100_000).default(3),
  /** λ: what is minimised is Σ (y − w·x − b)² + λ |w|². The intercept b is not penalised. */
  penalty: z.number().nonnegative().default(1),
});
export type RidgeConfig = z.infer<typeof RidgeConfig>;

/** Features and targets whose products fit a report: 1100 of them make 4.8 MB. */
const WIDEST = 1100;
const PRODUCTS = 'comoments';

export const ridge: Algorithm<RidgeConfig> = {
  name: 'ridge',
  summary: 'Edges forward Gram matrices; the coordinator solves for the linear model with the least squared error (Hoerl, Kennard 1970)',
  config: RidgeConfig,
  needs: {
    fields(_layout, about) {
      if (about === undefined) throw new MurmurError('internal', 'the fields of ridge regression follow from the task');
      return [
        { name: 'examples', monoid: 'sum', dtype: 'float64', shape: [], range: { ...COUNT, atLeast: 1 } },
        { name: PRODUCTS, monoid: 'comoments', dtype: 'float64', shape: [comomentsSize(featuresOf(about.data) + targetsOf(about.data))], aside: true },
      ];
    },
    stages: ['report'],
    edgeState: false,
    barrier: true,
  },
  modelFree: {
    reads: 'examples',
    // As the kernel and the bias of a dense layer.
    initial(data) {
      const layout = createLayout([{ name: 'ridge/kernel', shape: [featuresOf(data), targetsOf(data)] }, { name: 'ridge/bias', shape: [targetsOf(data)] }]);
      return createParameters(layout, new Float32Array(layout.size));
    },
    leastEdges: ({ k }) => k,
    problems(data) {
      const width = featuresOf(data) + targetsOf(data);
      return width <= WIDEST ? [] : [{ path: 'name', message: `${width} features and targets are more than the ${WIDEST} whose products fit a report; train a dense layer instead (fedavg)` }];
    },
    result: resultOf,
  },
  init: (initial) => ({ parameters: initial, vectors: {}, numbers: {} }),
  plan: () => ({}),
  async edge({ data, signal }) {
    const held = requireEdgeData(data);
    const examples = await held.examples();
    const [features, targets] = [featuresOf(held.contract), targetsOf(held.contract)];
    const products = startComoments(features + targets);
    const row = new Float64Array(features + targets);
    await eachRow(examples.size, { data: held, signal }, (i) => {
      readFeatures(examples, i, features, row);
      readTargets(examples, i, targets, row, features);
      products.add(row);
    });
    return { statistic: { weight: 1, fields: { examples: Float64Array.of(examples.size), [PRODUCTS]: products.vector } } };
  },
  update: solve,
};

function solve(state: ServerState, { count, fields }: MergedStatistic, { k, penalty }: RidgeConfig): ServerState {
  requireEdges(count, k);
  const vector = fields[PRODUCTS];
  const { features, targets } = shapeOf(state.parameters.length, vector.length);
  const width = features + targets;
  const [rows, means] = [vector[0], vector.subarray(1, 1 + width)];
  const gram = new Float64Array(features * features);
  const kernel = new Float64Array(features * targets);
  const spread = new Float64Array(targets);
  for (let i = 0, at = 1 + width; i < width; i++) {
    for (let j = i; j < width; j++, at++) {
      if (j < features) gram[i * features + j] = gram[j * features + i] = vector[at];
      else if (i < features) kernel[i * targets + j - features] = vector[at];
      else if (i === j) spread[i - features] = vector[at];
    }
  }
  for (let i = 0; i < features; i++) gram[i * features + i] += penalty;
  const [products, whole] = [kernel.slice(), gram.slice()];
  if (!solvePositive(gram, kernel, features, targets)) {
    throw new MurmurError('out_of_range', penalty === 0
      ? 'the features depend on each other, so that many linear models fit equally well; set algorithm.penalty above 0'
      : 'no examples have the products that were reported: the penalty is lost beside them, or an edge reports what it does not hold; standardise the features, raise algorithm.penalty, or look at the edges');
  }
  const bias = Float64Array.from({ length: targets }, (_, t) => means[features + t] - sumOver(features, (i) => kernel[i * targets + t] * means[i]));
  return {
    parameters: Float32Array.from([...kernel, ...bias]),
    vectors: {},
    numbers: { edges: count, rows },
    wide: { kernel, bias, errors: errorsOf({ kernel, products, gram: whole, spread, features, targets, penalty }), spread },
  };
}

/** Of the layout's features · targets + targets values and the vector's width. */
function shapeOf(parameters: number, size: number): { readonly features: number; readonly targets: number } {
  const width = Math.round((Math.sqrt(9 + 8 * (size - 1)) - 3) / 2);
  for (let targets = 1; targets < width; targets++) if ((width - targets + 1) * targets === parameters && comomentsSize(width) === size) return { features: width - targets, targets };
  throw new MurmurError('bad_layout', `${size} co-moments are not those of a linear model of ${parameters} numbers`);
}

interface Solved {
  readonly kernel: Float64Array;
  readonly products: Float64Array;
  readonly gram: Float64Array;
  readonly spread: Float64Array;
  readonly features: number;
  readonly targets: number;
  readonly penalty: number;
}

/** Σ (y − w·x − b)² of each target: y'y − 2 w'X'y + w'X'X w, all about the means. */
function errorsOf({ kernel, products, gram, spread, features, targets, penalty }: Solved): Float64Array {
  return Float64Array.from({ length: targets }, (_, t) => {
    let sum = spread[t];
    for (let i = 0; i < features; i++) {
      const weight = kernel[i * targets + t];
      sum -= 2 * weight * products[i * targets + t] + penalty * weight * weight;
      for (let j = 0; j < features; j++) sum += weight * gram[i * features + j] * kernel[j * targets + t];
    }
    return Math.max(0, sum);
  });
}

function sumOver(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
}

function resultOf({ numbers, wide = {} }: ServerState, data: DataContract, { k, penalty }: RidgeConfig): RidgeResult | null {
  if (numbers.edges === undefined) return null;
  const { kernel, bias, errors, spread } = wide;
  const names = classesOf(data) ?? [data.kind === 'table' ? data.label.column : 'value'];
  const targets = names.length;
  return {
    kind: 'ridge', edges: numbers.edges, leastEdges: k, rows: numbers.rows, features: featureNamesOf(data), penalty,
    targets: names.map((name, t) => ({
      name,
      intercept: bias[t],
      weights: Array.from({ length: kernel.length / targets }, (_, i) => kernel[i * targets + t]),
      meanSquaredError: errors[t] / numbers.rows,
      explained: spread[t] > 0 ? 1 - errors[t] / spread[t] : null,
    })),
  };
}
