/**
 * k-means over rounds (Lloyd 1982, "Least squares quantization in PCM"): edges assign their examples to the nearest centre and
 * forward counts and sums about the centres; the coordinator moves each centre to the mean.
 *
 * No example can serve as a first centre, since none leaves its edge. So each cluster carries a plane that halves it, and edges
 * forward the sums of its upper half as well: what a split would gain is known exactly, and the two means with it. The plane
 * turns to the direction in which the halves' means lie apart, which is a step towards the cluster's principal direction
 * (Su, Dy 2007, "In Search of Deterministic Methods for Initializing K-Means and Gaussian Mixture Clustering"). Clusters are
 * split so until there are enough; then one that would be missed least is given up wherever the split of another gains more
 * (Kanungo et al. 2004, "A local search approximation algorithm for k-means clustering"; Fritzke 1997, "The LBG-U method for
 * vector quantization"). All of it merges, and depends on no seed; `kmeans-moves.ts` has the coordinator's half.
 *
 * Nothing rests on fewer than k edges: a cluster of fewer joins the nearest one, and a half of fewer is no half.
 */
import { z } from 'zod';
import { MurmurError } from '../../errors.ts';
import { featureNamesOf, type DataContract } from '../../task/data-contract.ts';
import { createLayout, createParameters } from '../../tensors/layout.ts';
import type { Algorithm, EdgeContext, EdgeOutcome, ServerState } from '../algorithm.ts';
import { moveCentres, startDirections } from './kmeans-moves.ts';
import { COUNT } from './measures/measure.ts';
import { requireEdgeData } from './requirements.ts';
import type { KMeansResult } from './result.ts';
import { eachRow, featuresOf, readFeatures } from './rows.ts';

export const KMeansConfig = z.strictObject({
  /** The fewest edges behind a centre. */
  k: z.int().min(1).max(100_000).default(3),
  clusters: z.int().min(1).max(1000),
});
export type KMeansConfig = z.infer<typeof KMeansConfig>;

/** Numbers of all centres: a report has some sixteen times their bytes. */
const MOST_NUMBERS = 1_000_000;

export const kmeans: Algorithm<KMeansConfig> = {
  name: 'kmeans',
  summary: 'Edges assign their examples to centres and forward sums; the coordinator moves the centres (Lloyd 1982), splits clusters and gives others up',
  config: KMeansConfig,
  needs: {
    fields(_layout, about) {
      if (about === undefined) throw new MurmurError('internal', 'the fields of k-means follow from the task');
      const { clusters } = about.config;
      const sum = { monoid: 'sum', dtype: 'float64', aside: true } as const;
      return [
        { name: 'examples', monoid: 'sum', dtype: 'float64', shape: [], range: { ...COUNT, atLeast: 1 } },
        // Of the clusters, then of their upper halves; of edges then also of the lower ones.
        { ...sum, name: 'counts', shape: [2, clusters], range: COUNT },
        { ...sum, name: 'edges', shape: [3, clusters], range: { atLeast: 0, atMost: 1, whole: true } },
        { ...sum, name: 'sums', shape: [2, clusters, featuresOf(about.data)] },
        // Squared distances to the own centre, and by how much those to the second nearest are larger.
        { ...sum, name: 'squares', shape: [2, clusters], range: { atLeast: 0 } },
      ];
    },
    stages: ['report'],
    edgeState: false,
    barrier: true,
  },
  modelFree: {
    reads: 'examples',
    initial(data, { clusters }) {
      const width = featuresOf(data);
      const layout = createLayout([{ name: 'centres', shape: [clusters, width] }, { name: 'directions', shape: [clusters, width] }, { name: 'thresholds', shape: [clusters] }]);
      const values = new Float32Array(layout.size);
      startDirections(values.subarray(clusters * width, clusters * width + width), 0, 0);
      return createParameters(layout, values);
    },
    leastEdges: ({ k }) => k,
    problems(data, { clusters }) {
      const size = clusters * featuresOf(data);
      return size <= MOST_NUMBERS ? [] : [{ path: 'clusters', message: `${clusters} centres of ${featuresOf(data)} numbers are more than the ${MOST_NUMBERS} numbers that fit a report; ask for fewer` }];
    },
    result: resultOf,
  },
  init: (initial, config) => ({ parameters: initial, vectors: {}, numbers: { active: centresOf(initial, config), moves: 0, settled: 0 } }),
  plan: ({ numbers }) => ({ active: numbers.active ?? 1 }),
  edge: assign,
  update: (state, merged, config) => moveCentres(state, merged, config),
};

/** Of a version that is adopted: centres that are there have a direction, and the others none. */
function centresOf(initial: Float32Array, { clusters }: KMeansConfig): number {
  const width = (initial.length / clusters - 1) / 2;
  let active = 1;
  while (active < clusters && initial.subarray((clusters + active) * width, (clusters + active + 1) * width).some((value) => value !== 0)) active++;
  return active;
}

/** Sums are about the centres; the upper half of a cluster lies beyond its threshold along its direction. */
async function assign({ config: { clusters }, base, broadcast, data, signal }: EdgeContext<KMeansConfig>): Promise<EdgeOutcome> {
  const held = requireEdgeData(data);
  const examples = await held.examples();
  const width = featuresOf(held.contract);
  const active = Math.min(clusters, Math.max(1, Number(broadcast.active ?? 1)));
  const [directions, thresholds] = [base.subarray(clusters * width, 2 * clusters * width), base.subarray(2 * clusters * width)];
  const [counts, edges, squares] = [new Float64Array(2 * clusters), new Float64Array(3 * clusters), new Float64Array(2 * clusters)];
  const sums = new Float64Array(2 * clusters * width);
  const row = new Float64Array(width);
  await eachRow(examples.size, { data: held, signal }, (i) => {
    readFeatures(examples, i, width, row);
    const { nearest, least, second } = nearestTwo(row, base, active);
    const from = nearest * width;
    let along = 0;
    for (let j = 0; j < width; j++) {
      row[j] -= base[from + j];
      sums[from + j] += row[j];
      along += row[j] * directions[from + j];
    }
    counts[nearest]++;
    squares[nearest] += least;
    if (active > 1) squares[clusters + nearest] += second - least;
    if (!(along > thresholds[nearest])) {
      edges[2 * clusters + nearest] = 1;
      return;
    }
    counts[clusters + nearest]++;
    edges[clusters + nearest] = 1;
    for (let j = 0, at = clusters * width + from; j < width; j++, at++) sums[at] += row[j];
  });
  for (let c = 0; c < active; c++) edges[c] = counts[c] > 0 ? 1 : 0;
  return { statistic: { weight: 1, fields: { examples: Float64Array.of(examples.size), counts, edges, sums, squares } } };
}

interface NearestTwo {
  /** The first of those equally near. */
  readonly nearest: number;
  /** Squared distances to it, and to the second nearest; infinite where there is none. */
  readonly least: number;
  readonly second: number;
}

/** Among centres one after the other. */
export function nearestTwo(row: Float64Array, centres: Float32Array, count: number): NearestTwo {
  let [nearest, least, second] = [0, Infinity, Infinity];
  for (let c = 0; c < count; c++) {
    let distance = 0;
    for (let j = 0, at = c * row.length; j < row.length && distance < second; j++, at++) distance += (row[j] - centres[at]) ** 2;
    if (distance < least) [nearest, least, second] = [c, distance, least];
    else if (distance < second) second = distance;
  }
  return { nearest, least, second };
}

function resultOf({ parameters, numbers, wide = {} }: ServerState, data: DataContract, { k, clusters }: KMeansConfig): KMeansResult | null {
  if (numbers.reports === undefined) return null;
  const width = featuresOf(data);
  return {
    kind: 'kmeans', edges: numbers.reports, leastEdges: k, rows: numbers.rows, features: featureNamesOf(data), wanted: clusters, inertia: numbers.inertia, shift: numbers.shift,
    clusters: Array.from({ length: numbers.active }, (_, c) => ({ count: wide.counts[c], edges: wide.edges[c], centre: Array.from(parameters.subarray(c * width, (c + 1) * width)) })),
  };
}
