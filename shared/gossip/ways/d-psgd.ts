/**
 * D-PSGD (Lian, Zhang, Zhang, Hsieh, Zhang, Liu 2017, "Can Decentralized Algorithms Outperform Centralized Algorithms?",
 * algorithm 1): in each round every peer learns, and then takes the weighted mean of its own model and its neighbours'.
 * With Metropolis–Hastings weights over links in both directions, and with equal shares over one-way links of equal degrees,
 * the mean over all peers stays what it was.
 */
import { z } from 'zod';
import { addScaled } from '../../statistics/monoids/add-scaled.ts';
import type { FieldSpec } from '../../statistics/statistic.ts';
import { neighbourWeight } from '../neighbour-weight.ts';
import { quotient } from '../vector-arithmetic.ts';
import type { GossipLinks, LetterWay, Received, WayState } from '../way.ts';

const Config = z.strictObject({});
type Config = z.output<typeof Config>;

/** `degree`: how many neighbours the sender has in this round, which its neighbours' weights depend on. */
const fields = (size: number): readonly FieldSpec[] => [
  { name: 'parameters', monoid: 'weighted-mean', dtype: 'float32', shape: [size] },
  { name: 'degree', monoid: 'max', dtype: 'float64', shape: [], range: { atLeast: 0, atMost: 2 ** 31, whole: true } },
];

export const dPsgd: LetterWay<Config> = {
  kind: 'letters',
  name: 'd-psgd',
  summary: 'Each round every peer learns and takes the weighted mean with its neighbours (Lian et al. 2017)',
  config: Config,
  needs: { fields, pace: 'rounds', links: 'any', model: 'parameters' },
  init: (parameters) => ({ parameters, vectors: {}, numbers: {} }),
  learned: (state, parameters) => ({ ...state, parameters }),
  send(state, { links }) {
    const letter = { weight: 1, fields: { parameters: state.parameters, degree: Float64Array.of(links.to.length) } };
    return { state, post: links.to.length === 0 ? [] : [{ letter, to: links.to }] };
  },
  receive: (state, received, { links }) => (received.length === 0 ? state : mixed(state, received, links)),
};

function mixed(state: WayState, received: readonly Received[], links: GossipLinks): WayState {
  const { parameters } = state;
  const weights = received.map(({ statistic }) => neighbourWeight(links, statistic.fields.degree[0]));
  // What a neighbour should have given and did not stays with oneself: so the weights of each pair remain the same on both sides.
  const own = 1 - weights.reduce((sum, weight) => sum + weight, 0);
  const sum = scratch(parameters.length);
  addScaled(sum, parameters, own);
  received.forEach(({ statistic }, i) => addScaled(sum, statistic.fields.parameters, weights[i]));
  // What rounding leaves of 1.
  const total = weights.reduce((all, weight) => all + weight, own);
  // In its place, which is the state's own: what is read next is in the processor's cache, and nothing is left for the collector.
  quotient(sum, total, parameters);
  return state;
}

/** Where models are summed: nothing of a sum outlasts the call, so that one place serves all. */
let place = new Float64Array(0);

function scratch(size: number): Float64Array {
  if (place.length === size) place.fill(0);
  else place = new Float64Array(size);
  return place;
}
