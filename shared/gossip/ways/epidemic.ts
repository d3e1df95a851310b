/**
 * Gossip learning (Ormándi, Hegedűs, Jelasity 2013, "Gossip learning with linear models on fully distributed data"; Hegedűs,
 * Danner, Jelasity 2019, 2021): models walk at random from peer to peer; who gets one merges it with its own by their ages, which
 * count the steps of learning in them, and learns on. Nobody waits for anybody.
 */
import { z } from 'zod';
import { asAssignmentId } from '../../ids.ts';
import { createAccumulator } from '../../statistics/accumulator.ts';
import type { FieldSpec } from '../../statistics/statistic.ts';
import type { LetterWay } from '../way.ts';

const Config = z.strictObject({});
type Config = z.output<typeof Config>;

const fields = (size: number): readonly FieldSpec[] => [
  { name: 'parameters', monoid: 'weighted-mean', dtype: 'float32', shape: [size] },
  { name: 'age', monoid: 'max', dtype: 'float64', shape: [], range: { atLeast: 0, atMost: 2 ** 31, whole: true } },
];

/** A model that has learned nothing weighs as much as one that learned once: who starts has to give way to somebody. */
const weightOf = (age: number): number => Math.max(1, age);

export const epidemic: LetterWay<Config> = {
  kind: 'letters',
  name: 'epidemic',
  summary: 'Models walk at random among peers that merge them by age and learn on (gossip learning, Ormándi et al. 2013)',
  config: Config,
  needs: { fields, pace: 'own', links: 'any', model: 'parameters' },
  init: (parameters) => ({ parameters, vectors: {}, numbers: { age: 0 } }),
  learned: (state, parameters) => ({ ...state, parameters, numbers: { age: state.numbers.age + 1 } }),
  send(state, { links, random }) {
    if (links.to.length === 0) return { state, post: [] };
    const to = links.to[random.int(links.to.length)];
    return { state, post: [{ letter: { weight: 1, fields: { parameters: state.parameters, age: Float64Array.of(state.numbers.age) } }, to: [to] }] };
  },
  receive(state, received) {
    if (received.length === 0) return state;
    const sum = createAccumulator({ fields: fields(state.parameters.length), maxWeight: 2 ** 31, maxNorm: null });
    const { age } = state.numbers;
    sum.add({ weight: weightOf(age), fields: { parameters: state.parameters, age: Float64Array.of(age) } }, asAssignmentId('own'));
    // One sender may have written several times since the last turn: its letters are numbered.
    received.forEach(({ from, statistic }, i) => sum.add({ weight: weightOf(statistic.fields.age[0]), fields: statistic.fields }, asAssignmentId(`${from}.${i}`)));
    const merged = sum.merged().fields;
    return { ...state, parameters: merged.parameters as Float32Array, numbers: { age: merged.age[0] } };
  },
};
