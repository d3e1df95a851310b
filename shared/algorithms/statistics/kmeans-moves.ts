/** What the coordinator makes of a round of k-means: clusters of too few edges join others, centres move, clusters are split and given up. */
import { MurmurError } from '../../errors.ts';
import { createRandom } from '../../random.ts';
import type { FieldValues, MergedStatistic } from '../../statistics/statistic.ts';
import type { ServerState } from '../algorithm.ts';
import { requireEdges } from './requirements.ts';

/** Rounds in which planes turn before clusters are split by them. */
const TURNS = 1;
/** One cluster in so many may be given up in a round. */
const GIVEN_UP_IN = 10;

interface Settings {
  readonly k: number;
  readonly clusters: number;
}

/** One cluster as the round found it. Vectors are from the centre by which it was assigned. */
interface Found {
  readonly place: number;
  count: number;
  readonly edges: number;
  readonly sum: Float64Array;
  /** What giving it up would cost at the most: its examples at their second nearest centres. */
  readonly missed: number;
  /** The means of its two halves; null where there are none, or one of them is too few edges'. */
  halves: readonly [Half, Half] | null;
  /** By how much splitting it there lowers the squared distances; 0 without halves. */
  gain: number;
}

interface Half {
  readonly count: number;
  readonly edges: number;
  readonly mean: Float64Array;
}

/** One cluster of the next version. */
interface Cluster {
  readonly centre: Float64Array;
  readonly count: number;
  readonly edges: number;
  /** Unit vector, and how far along it from the centre the upper half begins; null: to be drawn. */
  readonly plane: { readonly direction: Float64Array; readonly threshold: number } | null;
  /** How far it moved. */
  readonly moved: number;
}

/** @throws too_few_edges; out_of_range where a report was made up */
export function moveCentres(state: ServerState, { count: reports, fields }: MergedStatistic, { k, clusters }: Settings): ServerState {
  requireEdges(reports, k);
  const width = (state.parameters.length / clusters - 1) / 2;
  const active = state.numbers.active ?? 1;
  const found = joined(Array.from({ length: active }, (_, place) => foundAt(place, fields, { k, clusters, width })), state.parameters, { k, reports, width });
  const settled = (state.numbers.settled ?? 0) + 1;
  const [split, givenUp] = found.length < clusters ? [new Set(settled > TURNS ? byGain(found).slice(0, clusters - found.length) : []), new Set<Found>()] : toExchange(found);
  const next = found.flatMap((one) => (givenUp.has(one) ? [] : split.has(one) ? childrenOf(one, state.parameters, width) : [movedOf(one, state.parameters, width)]));

  const moves = (state.numbers.moves ?? 0) + 1;
  const parameters = new Float32Array(state.parameters.length);
  next.forEach(({ centre, plane }, c) => {
    if (centre.some((value) => !Number.isFinite(Math.fround(value)))) throw new MurmurError('out_of_range', 'a centre would lie beyond float32, as no mean of examples does: an edge reports sums of what it does not hold; look at the edges, and revoke the one that lies');
    parameters.set(centre, c * width);
    const direction = parameters.subarray((clusters + c) * width, (clusters + c + 1) * width);
    if (plane === null) return startDirections(direction, moves, c);
    direction.set(plane.direction);
    parameters[2 * clusters * width + c] = plane.threshold;
  });
  const spread = Float64Array.from(fields.squares.subarray(0, active)).reduce((sum, value) => sum + value, 0);
  return {
    parameters,
    vectors: {},
    numbers: {
      active: next.length, moves, settled: split.size > 0 && found.length < clusters ? 0 : settled, reports, rows: fields.examples[0],
      inertia: spread / fields.examples[0], shift: next.reduce((most, { moved }) => Math.max(most, moved), 0),
    },
    wide: { counts: Float64Array.from(next, ({ count }) => count), edges: Float64Array.from(next, ({ edges }) => edges) },
  };
}

/** A unit vector, the same for the same two numbers on every machine. */
export function startDirections(into: Float32Array, moves: number, place: number): void {
  const random = createRandom(moves).fork(`direction ${place}`);
  const drawn = Float64Array.from(into, () => random.normal());
  const length = lengthOf(drawn);
  into.set(drawn.map((value) => value / length));
}

function foundAt(place: number, { counts, edges, sums, squares }: Readonly<Record<string, FieldValues>>, { k, clusters, width }: Settings & { readonly width: number }): Found {
  const count = counts[place];
  const sum = Float64Array.from(sums.subarray(place * width, (place + 1) * width));
  const upper = counts[clusters + place];
  const lower = count - upper;
  const [above, below] = [edges[clusters + place], edges[2 * clusters + place]];
  const whole = upper > 0 && lower > 0 && above >= k && below >= k;
  if (!whole) return { place, count, edges: edges[place], sum, missed: squares[clusters + place], halves: null, gain: 0 };
  const up = Float64Array.from(sums.subarray((clusters + place) * width, (clusters + place + 1) * width), (value) => value / upper);
  const down = sum.map((value, j) => (value - upper * up[j]) / lower);
  const apart = up.reduce((squared, value, j) => squared + (value - down[j]) ** 2, 0);
  return {
    place, count, edges: edges[place], sum, missed: squares[clusters + place], gain: (apart * upper * lower) / count,
    halves: [{ count: lower, edges: below, mean: down }, { count: upper, edges: above, mean: up }],
  };
}

/** Clusters that at least k edges have. The examples of the others count in the nearest of those: who subtracts has nothing left. */
function joined(all: readonly Found[], centres: Float32Array, { k, reports, width }: { readonly k: number; readonly reports: number; readonly width: number }): Found[] {
  const own = all.filter(({ count, edges }) => count > 0 && edges >= k);
  const rest = all.filter(({ count, edges }) => count > 0 && edges < k);
  // All edges together are enough, though no cluster is.
  const living = own.length > 0 ? own : rest.slice(0, 1).map((first) => ({ ...first, edges: reports, halves: null, gain: 0 }));
  for (const few of own.length > 0 ? rest : rest.slice(1)) {
    const at = few.sum.map((value, j) => centres[few.place * width + j] + value / few.count);
    const distance = ({ place }: Found): number => at.reduce((sum, value, j) => sum + (value - centres[place * width + j]) ** 2, 0);
    const nearest = living.reduce((best, one) => (distance(one) < distance(best) ? one : best));
    for (let j = 0; j < width; j++) nearest.sum[j] += few.count * (at[j] - centres[nearest.place * width + j]);
    nearest.count += few.count;
    // Its halves are without them, and must not be told beside the whole.
    nearest.halves = null;
    nearest.gain = 0;
  }
  return living;
}

const byGain = (found: readonly Found[]): Found[] => found.filter(({ gain }) => gain > 0).sort((a, b) => b.gain - a.gain || a.place - b.place);

/** What splits gain and what giving up costs are measured by one assignment, so that the sum of both is what changes at the least. */
function toExchange(found: readonly Found[]): [Set<Found>, Set<Found>] {
  const [split, givenUp] = [new Set<Found>(), new Set<Found>()];
  const cheapest = [...found].sort((a, b) => a.missed - b.missed || a.place - b.place);
  const best = byGain(found);
  while (split.size < Math.max(1, Math.floor(found.length / GIVEN_UP_IN))) {
    const one = best.find((candidate) => !split.has(candidate) && !givenUp.has(candidate));
    const other = cheapest.find((candidate) => candidate !== one && !split.has(candidate) && !givenUp.has(candidate));
    if (one === undefined || other === undefined || !(one.gain > other.missed)) break;
    split.add(one);
    givenUp.add(other);
  }
  return [split, givenUp];
}

function childrenOf({ place, halves }: Found, centres: Float32Array, width: number): Cluster[] {
  return (halves ?? []).map(({ count, edges, mean }) => ({ centre: mean.map((value, j) => centres[place * width + j] + value), count, edges, plane: null, moved: 0 }));
}

function movedOf({ place, count, edges, sum, halves }: Found, centres: Float32Array, width: number): Cluster {
  const mean = sum.map((value) => value / count);
  return { centre: mean.map((value, j) => centres[place * width + j] + value), count, edges, plane: halves === null ? null : planeBetween(halves, mean), moved: lengthOf(mean) };
}

/** Halfway between the means of the two halves. Null where they are the same. */
function planeBetween([{ mean: down }, { mean: up }]: readonly [Half, Half], centre: Float64Array): Cluster['plane'] {
  const apart = up.map((value, j) => value - down[j]);
  const length = lengthOf(apart);
  if (length === 0) return null;
  const direction = apart.map((value) => value / length);
  return { direction, threshold: direction.reduce((sum, value, j) => sum + value * ((up[j] + down[j]) / 2 - centre[j]), 0) };
}

function lengthOf(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
