/**
 * Principal components over rounds, by subspace iteration (Golub, Van Loan 2013, "Matrix Computations", §8.2.4): edges multiply
 * their examples with the subspace of the last round and back, the coordinator adds up, finds the components within the
 * subspace (Rayleigh, Ritz) and makes it orthonormal. A report has the size of the subspace, not of the covariance: 784
 * pixels are no trouble. Where the subspace is the whole space, one round is exact.
 */
import { z } from 'zod';
import { MurmurError } from '../../errors.ts';
import { createRandom } from '../../random.ts';
import type { FieldValues, MergedStatistic } from '../../statistics/statistic.ts';
import { createLayout, createParameters } from '../../tensors/layout.ts';
import type { Algorithm, EdgeContext, EdgeOutcome, ServerState } from '../algorithm.ts';
import { featureNamesOf, type DataContract } from '../../task/data-contract.ts';
import { orthonormalise, symmetricEigen, withSign } from './linear-algebra.ts';
import { COUNT } from './measures/measure.ts';
import { requireEdgeData, requireEdges } from './requirements.ts';
import type { PcaResult } from './result.ts';
import { eachRow, featuresOf, readFeatures } from './rows.ts';

export const PcaConfig = z.strictObject({
  /** The fewest edges behind a version. */
  k: z.int().min(1).max(100_000).default(3),
  components: z.int().min(1).max(256),
  /** Further directions that are carried along and not published: the more, the fewer rounds. */
  beside: z.int().min(0).max(256).default(8),
  /** Of the first subspace. */
  seed: z.int().default(1),
});
export type PcaConfig = z.infer<typeof PcaConfig>;

const directionsOf = ({ components, beside }: PcaConfig, width: number): number => Math.min(width, components + beside);

export const pca: Algorithm<PcaConfig> = {
  name: 'pca',
  summary: 'Edges project their examples on a subspace and back; the coordinator turns it towards the largest variances (subspace iteration)',
  config: PcaConfig,
  needs: {
    fields(_layout, about) {
      if (about === undefined) throw new MurmurError('internal', 'the fields of principal components follow from the task');
      const width = featuresOf(about.data);
      const sum = { monoid: 'sum', dtype: 'float64', aside: true } as const;
      return [
        { name: 'examples', monoid: 'sum', dtype: 'float64', shape: [], range: { ...COUNT, atLeast: 1 } },
        { ...sum, name: 'sums', shape: [width] },
        { ...sum, name: 'squares', shape: [width], range: { atLeast: 0 } },
        { ...sum, name: 'images', shape: [directionsOf(about.config, width) * width] },
      ];
    },
    stages: ['report'],
    edgeState: false,
    barrier: true,
  },
  modelFree: {
    reads: 'examples',
    initial(data, config) {
      const width = featuresOf(data);
      const count = directionsOf(config, width);
      const layout = createLayout([{ name: 'mean', shape: [width] }, { name: 'directions', shape: [count, width] }]);
      const random = createRandom(config.seed).fork('subspace');
      const rows = Float64Array.from({ length: count * width }, () => random.normal());
      orthonormalise(rows, count, width, unit(width));
      return createParameters(layout, Float32Array.from([...new Float64Array(width), ...rows]));
    },
    leastEdges: ({ k }) => k,
    problems(data, { components }) {
      const width = featuresOf(data);
      return components <= width ? [] : [{ path: 'components', message: `${width} features have no more than ${width} components` }];
    },
    result: resultOf,
  },
  init: (initial) => ({ parameters: initial, vectors: {}, numbers: {} }),
  plan: () => ({}),
  edge: project,
  update: turn,
};

/** A row in place of one that the others span. */
const unit = (width: number) => (row: number): Float64Array => {
  const vector = new Float64Array(width);
  vector[row % width] = 1;
  return vector;
};

/** Σ (x − m), Σ (x − m)² and Σ (x − m) (x − m)·v for each direction v, about the last round's mean m. */
async function project({ base, data, signal }: EdgeContext<PcaConfig>): Promise<EdgeOutcome> {
  const held = requireEdgeData(data);
  const examples = await held.examples();
  const width = featuresOf(held.contract);
  const [mean, directions] = [base.subarray(0, width), base.subarray(width)];
  const [sums, squares, images] = [new Float64Array(width), new Float64Array(width), new Float64Array(directions.length)];
  const row = new Float64Array(width);
  await eachRow(examples.size, { data: held, signal }, (i) => {
    readFeatures(examples, i, width, row);
    for (let j = 0; j < width; j++) {
      row[j] -= mean[j];
      sums[j] += row[j];
      squares[j] += row[j] * row[j];
    }
    for (let from = 0; from < directions.length; from += width) {
      let along = 0;
      for (let j = 0; j < width; j++) along += row[j] * directions[from + j];
      for (let j = 0; j < width; j++) images[from + j] += along * row[j];
    }
  });
  return { statistic: { weight: 1, fields: { examples: Float64Array.of(examples.size), sums, squares, images } } };
}

function turn(state: ServerState, { count: edges, fields }: MergedStatistic, config: PcaConfig): ServerState {
  requireEdges(edges, config.k);
  const { examples: [rows], sums, squares } = fields;
  const width = sums.length;
  const count = state.parameters.length / width - 1;
  const directions = Float64Array.from(state.parameters.subarray(width));
  // float32 on its way to the edges: they are orthonormal to seven digits, and the edges multiplied by these.
  const mean = Float64Array.from(sums, (sum, j) => state.parameters[j] + sum / rows);
  const covered = aboutMean(fields.images, sums, rows, directions, width);
  const inside = withinSubspace(directions, covered, count, width);
  const next = combined(inside.vectors, covered, count, width);
  orthonormalise(next, count, width, unit(width));
  const turned = angleBetween(directions, next, Math.min(count, config.components), width, count);
  let variance = 0;
  for (let j = 0; j < width; j++) variance += Math.max(0, squares[j] / rows - (sums[j] / rows) ** 2);
  const found = combined(inside.vectors, directions, count, width);
  // Where the subspace is everything there is, its components are exact, and turning it would only lose them.
  const basis = count === width ? found : next;
  const parameters = new Float32Array(state.parameters.length);
  parameters.set(mean);
  parameters.set(basis, width);
  return {
    parameters,
    vectors: {},
    numbers: { edges, rows, variance, turned: count === width ? 0 : turned },
    wide: { mean, values: inside.values.slice(0, config.components), components: signed(found, config.components, width) },
  };
}

/** C v for each direction v, of what the edges computed about the last round's mean. */
function aboutMean(images: FieldValues, sums: FieldValues, rows: number, directions: Float64Array, width: number): Float64Array {
  const covered = new Float64Array(images.length);
  for (let from = 0; from < images.length; from += width) {
    let along = 0;
    for (let j = 0; j < width; j++) along += (sums[j] / rows) * directions[from + j];
    for (let j = 0; j < width; j++) covered[from + j] = images[from + j] / rows - along * (sums[j] / rows);
  }
  return covered;
}

/** Rayleigh–Ritz: eigenvectors of the covariance as the subspace sees it. @param covered C v of each direction v */
function withinSubspace(directions: Float64Array, covered: Float64Array, count: number, width: number): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const small = new Float64Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = a; b < count; b++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += directions[a * width + j] * covered[b * width + j] + directions[b * width + j] * covered[a * width + j];
      small[a * count + b] = small[b * count + a] = sum / 2;
    }
  }
  return symmetricEigen(small, count);
}

/** Row i: Σ weights[i, a] · rows[a]. */
function combined(weights: Float64Array, rows: Float64Array, count: number, width: number): Float64Array {
  const result = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    for (let a = 0; a < count; a++) {
      const weight = weights[i * count + a];
      for (let j = 0; j < width; j++) result[i * width + j] += weight * rows[a * width + j];
    }
  }
  return result;
}

function signed(rows: Float64Array, count: number, width: number): Float64Array {
  const result = new Float64Array(count * width);
  for (let i = 0; i < count; i++) result.set(withSign(rows.subarray(i * width, (i + 1) * width)), i * width);
  return result;
}

/** Sine of the largest angle that one of the first `components` new directions has with the old subspace. */
function angleBetween(before: Float64Array, after: Float64Array, components: number, width: number, count: number): number {
  let largest = 0;
  for (let i = 0; i < components; i++) {
    let inside = 0;
    for (let a = 0; a < count; a++) {
      let product = 0;
      for (let j = 0; j < width; j++) product += before[a * width + j] * after[i * width + j];
      inside += product * product;
    }
    largest = Math.max(largest, Math.sqrt(Math.max(0, 1 - inside)));
  }
  return largest;
}

function resultOf({ numbers, wide = {} }: ServerState, data: DataContract, { k }: PcaConfig): PcaResult | null {
  if (numbers.edges === undefined) return null;
  const { mean, values, components } = wide;
  const width = mean.length;
  return {
    kind: 'pca', edges: numbers.edges, leastEdges: k, rows: numbers.rows, features: featureNamesOf(data), means: Array.from(mean), variance: numbers.variance, turned: numbers.turned,
    components: Array.from(values, (variance, i) => ({ variance, share: numbers.variance > 0 ? variance / numbers.variance : 0, vector: Array.from(components.subarray(i * width, (i + 1) * width)) })),
  };
}
