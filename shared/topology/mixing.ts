/**
 * How much of whom goes into a peer's average: a row of weights for each peer, which sum to 1. Every matrix here is doubly
 * stochastic (its columns sum to 1, too): so the mean over all peers stays what it was, and repeated mixing comes to it.
 */
import { sendersIn, type Graph, type Links } from './topology.ts';

export interface MixingRow {
  readonly own: number;
  /** Those whom it hears from, and their weights, in the same order. */
  readonly from: readonly number[];
  readonly weights: readonly number[];
}

/** One row a peer. */
export type Mixing = readonly MixingRow[];

/** One matrix for each round of the graph's period. */
export function mixingsOf(graph: Graph): readonly Mixing[] {
  return graph.rounds.map((links) => (graph.directed ? halves(links) : metropolisHastings(links)));
}

/**
 * Of links in both directions: 1 / (1 + the larger of the two degrees) for each neighbour, the rest for oneself (Xiao, Boyd,
 * Kim 2007). Symmetric, whatever the degrees are, and each needs to know its neighbours' degrees alone.
 */
export function metropolisHastings(links: Links): Mixing {
  return links.map((from, peer) => {
    const weights = from.map((other) => 1 / (1 + Math.max(links[peer].length, links[other].length)));
    return { own: 1 - weights.reduce((sum, weight) => sum + weight, 0), from, weights };
  });
}

/** Of links in which each sends to as many as it hears from: equal shares of oneself and of those. */
function halves(links: Links): Mixing {
  return sendersIn(links).map((from) => ({ own: 1 / (1 + from.length), from, weights: from.map(() => 1 / (1 + from.length)) }));
}

/** One round of mixing of one number a peer. */
export function mix(mixing: Mixing, values: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(mixing, ({ own, from, weights }, peer) => from.reduce((sum, other, i) => sum + weights[i] * values[other], own * values[peer]));
}

/** The same by the transposed matrix. */
export function mixBack(mixing: Mixing, values: Float64Array): Float64Array<ArrayBuffer> {
  const mixed = new Float64Array(values.length);
  mixing.forEach(({ own, from, weights }, peer) => {
    mixed[peer] += own * values[peer];
    from.forEach((other, i) => {
      mixed[other] += weights[i] * values[peer];
    });
  });
  return mixed;
}
