/**
 * Push-sum (Kempe, Dobra, Gehrke 2003), with learning (SGP: Assran, Loizou, Ballas, Rabbat 2019, "Stochastic Gradient Push for
 * Distributed Deep Learning"), and with running sums (Vaidya, Hadjicostis, Dominguez-Garcia 2011, "Distributed Algorithms for
 * Consensus and Coordination in the Presence of Packet-Dropping Communication Links"; Dominguez-Garcia, Hadjicostis, Vaidya 2012).
 *
 * A peer holds a numerator and a weight, and its model is their quotient. Each turn it splits both in equal shares over itself
 * and those that it sends to. Letters hold all that was ever sent over their link, and the receiver adds what is new in it: so a
 * lost letter is made good by the next one, whatever their order. Numerators and weights of all peers, and what is under way on
 * the links (all that was sent less all that was taken), always sum to the same; one-way links of any degrees will do.
 *
 * Where a peer is gone for good, it takes its own share with it, and what was under way on its links is lost, always numerator
 * and weight together: the others' models remain weighted means, over the weight that is left. Of a link that one side gave up
 * alone (its line broke, and came back), the sums taken before are not taken twice: the other side goes on from what comes next.
 */
import { z } from 'zod';
import type { EdgeId } from '../../ids.ts';
import { addScaled } from '../../statistics/monoids/add-scaled.ts';
import type { FieldSpec } from '../../statistics/statistic.ts';
import { addDifference, quotient, scale, takeRest } from '../vector-arithmetic.ts';
import type { GossipLinks, LetterWay, Posted, Received, Turn, WayState } from '../way.ts';

const Config = z.strictObject({
  /** Whom a turn sends to: all that it may, one of them drawn by lot, or one after the other. */
  to: z.enum(['all', 'random', 'next']).default('all'),
  /**
   * Where a step of learning goes. `numerator`: there, as in SGP, so that each peer's steps count the same whatever its weight is.
   * `model`: into the model (the numerator moves by as much times the weight), so that no peer whose weight is small for a while takes steps too long.
   */
  learning: z.enum(['model', 'numerator']).default('model'),
});
type Config = z.output<typeof Config>;

const whole = { atLeast: 0, atMost: 2 ** 53, whole: true };

/** `sum`, `mass`: numerators and weights that were ever sent over this link; `since`: the sender's round in which it began to count. */
const fields = (size: number): readonly FieldSpec[] => [
  { name: 'sum', monoid: 'sum', dtype: 'float64', shape: [size] },
  { name: 'mass', monoid: 'sum', dtype: 'float64', shape: [], range: { atLeast: 0, atMost: 2 ** 53 } },
  { name: 'since', monoid: 'max', dtype: 'float64', shape: [], range: whole },
];

/** A weight below is kept: a peer that never hears from anybody would halve it away. */
const LEAST_WEIGHT = 2 ** -500;
const MOST_FLOAT32 = 2 ** 128 - 2 ** 104;
/** Links given up by this side that it remembers. */
const MOST_GIVEN_UP = 256;

export const pushSum: LetterWay<Config> = {
  kind: 'letters',
  name: 'push-sum',
  summary: 'Peers push shares of a numerator and a weight over one-way links, by running sums that no lost letter harms (SGP, Assran et al. 2019; Vaidya et al. 2011)',
  config: Config,
  needs: { fields, pace: 'own', links: 'any', model: null },
  init: (parameters) => ({ parameters, vectors: { numerator: Float64Array.from(parameters) }, numbers: { weight: 1 } }),
  learned(state, parameters, { learning }) {
    const { numerator, weight } = of(state);
    addDifference(numerator, parameters, state.parameters, learning === 'model' ? weight : 1);
    return { ...state, parameters: quotient(numerator, weight) };
  },
  send(state, turn, config) {
    const { numerator, weight } = of(state);
    const to = chosen(turn, config);
    const share = 1 / (to.length + 1);
    if (to.length === 0 || weight * share < LEAST_WEIGHT) return { state, post: [] };
    const vectors: Record<string, Float32Array | Float64Array> = { ...state.vectors };
    const numbers: Record<string, number> = { ...state.numbers };
    const post = to.map((peer): Posted => {
      const sum = (vectors[`sent:${peer}`] as Float64Array | undefined) ?? new Float64Array(numerator.length);
      addScaled(sum, numerator, share);
      vectors[`sent:${peer}`] = sum;
      const mass = (numbers[`sent-mass:${peer}`] ??= 0) + weight * share;
      numbers[`sent-mass:${peer}`] = mass;
      const since = (numbers[`sent-since:${peer}`] ??= turn.round);
      return { letter: { weight: 1, fields: { sum, mass: Float64Array.of(mass), since: Float64Array.of(since) } }, to: [peer] };
    });
    scale(numerator, share);
    return { state: { parameters: state.parameters, vectors, numbers: { ...numbers, weight: weight * share } }, post };
  },
  refuses(state, { from, statistic: { fields: taken } }) {
    const [since] = taken.since;
    const known = state.numbers[`taken-since:${from}`] as number | undefined;
    // Of these nothing is taken, see `takeIn`.
    if (known === undefined ? (state.numbers[`given-up:${from}`] ?? -1) >= since : since < known) return null;
    const goesOn = since === known;
    const before = goesOn ? (state.vectors[`taken:${from}`] as Float64Array) : null;
    const mass = taken.mass[0] - (goesOn ? state.numbers[`taken-mass:${from}`] : 0);
    if (mass <= 0) return null;
    // A model is a mean of its own and of what comes, over their weights: finite where both are.
    const most = MOST_FLOAT32 * mass;
    const sum = taken.sum as Float64Array;
    const isTooLarge = before === null ? sum.some((value) => Math.abs(value) > most) : sum.some((value, i) => Math.abs(value - before[i]) > most);
    return isTooLarge ? `over a weight of ${mass} its sums are of no float32 model` : null;
  },
  receive(state, received) {
    const { numerator } = of(state);
    const vectors: Record<string, Float32Array | Float64Array> = { ...state.vectors };
    const numbers: Record<string, number> = { ...state.numbers };
    for (const letter of received) takeIn(letter, numerator, vectors, numbers);
    return { parameters: quotient(numerator, numbers.weight), vectors, numbers };
  },
  forget(state, peer) {
    const since = state.numbers[`taken-since:${peer}`] as number | undefined;
    const numbers = without(state.numbers, peer);
    if (since !== undefined) numbers[`given-up:${peer}`] = since;
    const givenUp = Object.keys(numbers).filter((name) => name.startsWith('given-up:'));
    for (const name of givenUp.slice(0, Math.max(0, givenUp.length - MOST_GIVEN_UP))) Reflect.deleteProperty(numbers, name);
    return { parameters: state.parameters, vectors: without(state.vectors, peer), numbers };
  },
};

/** What is new in a letter goes over. An older one than what was taken last has nothing new: masses on a link only ever grow. */
function takeIn({ from, statistic }: Received, numerator: Float64Array, vectors: Record<string, Float32Array | Float64Array>, numbers: Record<string, number>): void {
  const sum = statistic.fields.sum as Float64Array;
  const [mass] = statistic.fields.mass;
  const [since] = statistic.fields.since;
  const known = numbers[`taken-since:${from}`] as number | undefined;
  if (known !== undefined && since < known) return;
  if (since !== known) {
    // The sender began to count anew; or this side gave the link up, and cannot know how much of it it had taken.
    const isOld = (numbers[`given-up:${from}`] ?? -1) >= since;
    vectors[`taken:${from}`] = isOld ? sum.slice() : new Float64Array(sum.length);
    numbers[`taken-mass:${from}`] = isOld ? mass : 0;
    numbers[`taken-since:${from}`] = since;
    Reflect.deleteProperty(numbers, `given-up:${from}`);
  }
  const before = numbers[`taken-mass:${from}`];
  if (mass <= before) return;
  takeRest(numerator, sum, vectors[`taken:${from}`] as Float64Array);
  numbers.weight += mass - before;
  numbers[`taken-mass:${from}`] = mass;
}

function chosen({ links, round, random }: { readonly links: GossipLinks } & Pick<Turn, 'round' | 'random'>, { to }: Config): readonly EdgeId[] {
  const all = links.to;
  if (to === 'all' || all.length <= 1) return all;
  return [all[to === 'random' ? random.int(all.length) : round % all.length]];
}

const of = ({ vectors, numbers }: WayState): { readonly numerator: Float64Array; readonly weight: number } => ({ numerator: vectors.numerator as Float64Array, weight: numbers.weight });

function without<T>(record: Readonly<Record<string, T>>, peer: EdgeId): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !name.endsWith(`:${peer}`)));
}
