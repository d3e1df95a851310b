/**
 * k-means over rounds (Lloyd 1982, "Least squares quantization in PCM"): edges assign their examples to the nearest centre and
 * forward counts, sums and squares about the centres; the coordinator moves each centre to the mean.
 *
 * No example can serve as a first centre, since none leaves its edge: the centres come of the overall mean by splitting
 * (Linde, Buzo, Gray 1980, "An Algorithm for Vector Quantizer Design"), the widest clusters first, along the direction in
 * which they are widest, to the means of the two halves of a normal distribution. A cluster that has lost its examples,
 * or has those of too few edges, becomes half of the widest in the same way. All of it merges, and depends on no seed.
 */
import { z } from 'zod';
import { MurmurError } from '../../errors.ts';
import type { MergedStatistic } from '../../statistics/statistic.ts';
import { createLayout, createParameters } from '../../tensors/layout.ts';
import type { Algorithm, EdgeContext, EdgeOutcome, ServerState } from '../algorithm.ts';
import { COUNT } from './measures/measure.ts';
import { requireEdgeData, requireEdges } from './requirements.ts';
import type { KMeansResult } from './result.ts';
import { eachRow, featuresOf, readFeatures } from './rows.ts';

export const KMeansConfig = z.strictObject({
  /** The fewest edges behind a centre. */
  k: z.int().min(1).max(100_000).default(3),
  clusters: z.int().min(1).max(1000),
});
export type KMeansConfig = z.infer<typeof KMeansConfig>;

/** Numbers of all centres: a report has four times their bytes. */
const MOST_NUMBERS = 1_000_000;
/** Mean of the upper half of a standard normal distribution. */
const HALF_MEAN = Math.sqrt(2 / Math.PI);

export const kmeans: Algorithm<KMeansConfig> = {
  name: 'kmeans',
  summary: 'Edges assign their examples to centres and forward sums; the coordinator moves the centres (Lloyd 1982)',
  config: KMeansConfig,
  needs: {
    fields(_layout, about) {
      if (about === undefined) throw new MurmurError('internal', 'the fields of k-means follow from the task');
      const [clusters, size] = [about.config.clusters, about.config.clusters * featuresOf(about.data)];
      const sum = { monoid: 'sum', dtype: 'float64', aside: true } as const;
      return [
        { name: 'examples', monoid: 'sum', dtype: 'float64', shape: [], range: { ...COUNT, atLeast: 1 } },
        { ...sum, name: 'counts', shape: [clusters], range: COUNT },
        { ...sum, name: 'edges', shape: [clusters], range: { atLeast: 0, atMost: 1, whole: true } },
        { ...sum, name: 'sums', shape: [size] },
        { ...sum, name: 'squares', shape: [size], range: { atLeast: 0 } },
      ];
    },
    stages: ['report'],
    edgeState: false,
    barrier: true,
  },
  modelFree: {
    reads: 'examples',
    initial(data, { clusters }) {
      const layout = createLayout([{ name: 'centres', shape: [clusters, featuresOf(data)] }]);
      return createParameters(layout, new Float32Array(layout.size));
    },
    leastEdges: ({ k }) => k,
    problems(data, { clusters }) {
      const size = clusters * featuresOf(data);
      return size <= MOST_NUMBERS ? [] : [{ path: 'clusters', message: `${clusters} centres of ${featuresOf(data)} numbers are more than the ${MOST_NUMBERS} numbers that fit a report; ask for fewer` }];
    },
    result: resultOf,
  },
  init: (initial) => ({ parameters: initial, vectors: {}, numbers: { active: 1 } }),
  plan: ({ numbers }) => ({ active: numbers.active ?? 1 }),
  edge: assign,
  update: move,
};

async function assign({ config: { clusters }, base, broadcast, data, signal }: EdgeContext<KMeansConfig>): Promise<EdgeOutcome> {
  const held = requireEdgeData(data);
  const examples = await held.examples();
  const width = featuresOf(held.contract);
  const active = Math.min(clusters, Math.max(1, Number(broadcast.active ?? 1)));
  const counts = new Float64Array(clusters);
  const [sums, squares] = [new Float64Array(clusters * width), new Float64Array(clusters * width)];
  const row = new Float64Array(width);
  await eachRow(examples.size, { data: held, signal }, (i) => {
    readFeatures(examples, i, width, row);
    const nearest = nearestOf(row, base, active);
    counts[nearest]++;
    for (let j = 0, at = nearest * width; j < width; j++, at++) {
      const apart = row[j] - base[at];
      sums[at] += apart;
      squares[at] += apart * apart;
    }
  });
  return { statistic: { weight: 1, fields: { examples: Float64Array.of(examples.size), counts, edges: counts.map((count) => (count > 0 ? 1 : 0)), sums, squares } } };
}

/** Of centres one after the other; the first of those equally near. */
export function nearestOf(row: Float64Array, centres: Float32Array, count: number): number {
  let [nearest, least] = [0, Infinity];
  for (let c = 0; c < count; c++) {
    let distance = 0;
    for (let j = 0, at = c * row.length; j < row.length && distance < least; j++, at++) distance += (row[j] - centres[at]) ** 2;
    if (distance < least) [nearest, least] = [c, distance];
  }
  return nearest;
}

function move(state: ServerState, { count: reports, fields }: MergedStatistic, { k, clusters }: KMeansConfig): ServerState {
  requireEdges(reports, k);
  const { counts, edges, sums, squares, examples } = fields;
  const width = state.parameters.length / clusters;
  const active = state.numbers.active ?? 1;
  const centres = state.parameters.slice();
  let [shift, distances] = [0, 0];
  const lives = Array.from({ length: active }, (_, c) => counts[c] > 0 && edges[c] >= k);
  const variances = new Float64Array(active * width);
  for (let c = 0; c < active; c++) {
    let moved = 0;
    for (let at = c * width; at < (c + 1) * width; at++) {
      distances += squares[at];
      if (!lives[c]) continue;
      const mean = sums[at] / counts[c];
      centres[at] = state.parameters[at] + mean;
      moved += mean * mean;
      variances[at] = Math.max(0, squares[at] / counts[c] - mean * mean);
    }
    shift = Math.max(shift, Math.sqrt(moved));
  }
  const places = [...lives.flatMap((living, c) => (living ? [] : [c])), ...Array.from({ length: Math.min(active, clusters - active) }, (_, i) => active + i)];
  split({ centres, width, variances, weights: lives.map((living, c) => (living ? counts[c] : 0)), places });
  return {
    parameters: centres,
    vectors: {},
    numbers: { active: Math.min(clusters, 2 * active), counted: active, reports, rows: examples[0], inertia: distances / examples[0], shift },
    wide: { counts: Float64Array.from(counts, (value, c) => (edges[c] >= k ? value : 0)), edges: Float64Array.from(edges, (value) => (value >= k ? value : 0)) },
  };
}

interface Splitting {
  /** Changed. */
  readonly centres: Float32Array;
  readonly width: number;
  readonly variances: Float64Array;
  /** Examples of each; 0: cannot be split. */
  readonly weights: readonly number[];
  /** Where the other halves go. */
  readonly places: readonly number[];
}

/** The widest cluster (by its squared distances) gives half of itself for each place, each cluster once. */
function split({ centres, width, variances, weights, places }: Splitting): void {
  const spread = weights.map((weight, c) => weight * variances.subarray(c * width, (c + 1) * width).reduce((sum, value) => sum + value, 0));
  const widest = spread.map((_, c) => c).sort((a, b) => spread[b] - spread[a] || a - b).filter((c) => weights[c] > 0);
  places.forEach((place, i) => {
    if (i >= widest.length) return;
    const c = widest[i];
    const own = variances.subarray(c * width, (c + 1) * width);
    const axis = own.reduce((best, value, j) => (value > own[best] ? j : best), 0);
    centres.copyWithin(place * width, c * width, (c + 1) * width);
    const step = HALF_MEAN * Math.sqrt(own[axis]);
    centres[c * width + axis] -= step;
    centres[place * width + axis] += step;
  });
}

function resultOf({ parameters, numbers, wide = {} }: ServerState, _data: unknown, { k, clusters }: KMeansConfig): KMeansResult | null {
  if (numbers.reports === undefined) return null;
  const width = parameters.length / clusters;
  return {
    kind: 'kmeans', edges: numbers.reports, leastEdges: k, rows: numbers.rows, wanted: clusters, inertia: numbers.inertia, shift: numbers.shift,
    clusters: Array.from({ length: numbers.active }, (_, c) => ({ count: wide.counts[c], edges: wide.edges[c], centre: Array.from(parameters.subarray(c * width, (c + 1) * width)) })),
  };
}
