/**
 * CHOCO-SGD (Koloskova, Stich, Jaggi 2019, "Decentralized Stochastic Optimization and Gossip Algorithms with Compressed
 * Communication", in the order of its algorithm 1): each peer has a public copy of its model, which its neighbours hold, too, and
 * each round sends a compressed difference between the two. Models move by gamma towards the neighbours' public copies: what a
 * codec left out is not lost, since it stays in the difference.
 *
 * Public copies start from the initial model, which all peers know, so nothing has to be sent beforehand. They are only ever
 * changed by what travels, to the bit the same on both sides; letters are numbered, and one that does not follow on the last makes
 * its reader ask for the whole copy. Until then it leaves the sender out of its mean.
 */
import { z } from 'zod';
import { CodecSpec, findCodec } from '../../compression/registry.ts';
import type { EdgeId } from '../../ids.ts';
import { addScaled } from '../../statistics/monoids/add-scaled.ts';
import type { FieldSpec } from '../../statistics/statistic.ts';
import { neighbourWeight } from '../neighbour-weight.ts';
import { add, difference, quotient } from '../vector-arithmetic.ts';
import type { LetterWay, Posted, Received } from '../way.ts';

const Config = z.strictObject({
  codec: CodecSpec.default({ name: 'top-k', fraction: 0.01 }),
  /** How far a model moves towards the public copies' mean; null: what suits the codec. */
  gamma: z.number().positive().max(1).nullable().default(null),
});
type Config = z.output<typeof Config>;

const whole = (atMost: number): FieldSpec['range'] => ({ atLeast: 0, atMost, whole: true });

/** What `values` are, and whether the sender lacks the receiver's public copy. */
const WHOLE = 1;
const ASKS = 2;

/**
 * `values`: the sender's public copy, or what it has moved by; `run`: drawn by each peer when it begins; `base`: fingerprint of the
 * model that its public copy began from; `version`: how often that has moved; `degree`: its neighbours in this round.
 */
const fields = (size: number): readonly FieldSpec[] => [
  { name: 'values', monoid: 'sum', dtype: 'float32', shape: [size] },
  { name: 'flags', monoid: 'max', dtype: 'float64', shape: [], range: whole(WHOLE + ASKS) },
  { name: 'run', monoid: 'max', dtype: 'float64', shape: [], range: whole(2 ** 53) },
  { name: 'base', monoid: 'max', dtype: 'float64', shape: [], range: whole(2 ** 53) },
  { name: 'version', monoid: 'max', dtype: 'float64', shape: [], range: whole(2 ** 53) },
  { name: 'degree', monoid: 'max', dtype: 'float64', shape: [], range: whole(2 ** 31) },
];

export const choco: LetterWay<Config> = {
  kind: 'letters',
  name: 'choco',
  summary: 'Neighbours send compressed differences, and keep what compression left out (CHOCO-SGD, Koloskova et al. 2019)',
  config: Config,
  needs: { fields, pace: 'rounds', links: 'mutual', model: null },
  init: (parameters) => ({ parameters, vectors: { base: parameters.slice(), public: parameters.slice() }, numbers: { base: fingerprint(parameters), version: 0 } }),
  learned: (state, parameters) => ({ ...state, parameters }),
  send(state, { links, random }, { codec }) {
    const own = state.vectors.public as Float32Array;
    const encoded = findCodec(codec.name).encode(difference(state.parameters, own), codec, random.fork('codec'));
    add(own, findCodec(codec.name).decode(encoded));
    const numbers: Record<string, number> = { ...state.numbers };
    const version = ++numbers.version;
    const run = (numbers.run ??= random.fork('run').int(2 ** 31));
    const post = new Map<number, { readonly letter: Posted['letter']; readonly to: EdgeId[] }>();
    for (const peer of links.to) {
      // Whoever was sent all so far can follow; at the very first that is everyone.
      const flags = ((numbers[`sent:${peer}`] ?? 0) === version - 1 ? 0 : WHOLE) + (`copy:${peer}` in state.vectors || version === 1 ? 0 : ASKS);
      const same = post.get(flags);
      if (same === undefined) post.set(flags, { letter: { weight: 1, fields: { values: flags & WHOLE ? own.slice() : encoded, ...scalars({ flags, run, base: numbers.base, version, degree: links.to.length }) } }, to: [peer] });
      else same.to.push(peer);
      numbers[`sent:${peer}`] = version;
    }
    return { state: { ...state, numbers }, post: [...post.values()] };
  },
  refuses({ vectors }, { from, statistic: { fields: taken } }) {
    const copy = vectors[`copy:${from}`] as Float32Array | undefined;
    if (taken.flags[0] & WHOLE) return null;
    const base = copy ?? vectors.base;
    const values = taken.values as Float32Array;
    return values.some((value, i) => !Number.isFinite(Math.fround(base[i] + value))) ? 'the public copy that it moves would not be finite' : null;
  },
  receive(state, received, { links }, config) {
    const vectors = { ...state.vectors };
    const numbers: Record<string, number> = { ...state.numbers };
    const heard = received.filter((letter) => follow(letter, vectors, numbers));
    if (heard.length === 0) return { ...state, vectors, numbers };
    const gamma = config.gamma ?? gammaFor(config.codec);
    const weights = heard.map(({ statistic }) => gamma * neighbourWeight(links, statistic.fields.degree[0]));
    const sum = Float64Array.from(state.parameters);
    addScaled(sum, vectors.public, -weights.reduce((total, weight) => total + weight, 0));
    heard.forEach(({ from }, i) => addScaled(sum, vectors[`copy:${from}`], weights[i]));
    return { parameters: quotient(sum, 1), vectors, numbers };
  },
  forget: (state, peer) => ({ ...state, vectors: without(state.vectors, peer), numbers: without(state.numbers, peer) }),
};

/** Brings a neighbour's public copy up to date. @returns false: it cannot be */
function follow({ from, statistic }: Received, vectors: Record<string, Float32Array | Float64Array>, numbers: Record<string, number>): boolean {
  const { fields: taken } = statistic;
  const values = taken.values as Float32Array;
  const [flags, run, base, version] = [taken.flags[0], taken.run[0], taken.base[0], taken.version[0]];
  if (flags & ASKS) numbers[`sent:${from}`] = -1;
  const copy = `copy:${from}`;
  const isNext = copy in vectors && numbers[`run:${from}`] === run && version === numbers[`version:${from}`] + 1;
  const isFirst = !(copy in vectors) && version === 1 && base === numbers.base;
  if (flags & WHOLE) vectors[copy] = values.slice();
  else if (isNext || isFirst) {
    if (isFirst) vectors[copy] = vectors.base.slice();
    add(vectors[copy] as Float32Array, values);
  } else {
    Reflect.deleteProperty(vectors, copy);
    return false;
  }
  numbers[`run:${from}`] = run;
  numbers[`version:${from}`] = version;
  return true;
}

/** A guess for each codec, of which the top 1 % alone was tried on a net, by the epoch and by the step (docs/results-gossip.md): the rougher it is, the smaller the step that stays stable. */
function gammaFor(codec: Config['codec']): number {
  if (codec.name === 'int8') return 0.9;
  return Math.min(0.9, codec.name === 'top-k' ? Math.sqrt(codec.fraction) : 2 * codec.fraction);
}

function scalars(values: Readonly<Record<string, number>>): Record<string, Float64Array> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float64Array.of(value)]));
}

/** FNV-1a over the model's words, twice: 53 bits. */
function fingerprint(parameters: Float32Array): number {
  const words = new Uint32Array(parameters.buffer, parameters.byteOffset, parameters.length);
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (const word of words) {
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul(b ^ word, 0x85ebca6b) ^ (b >>> 15);
  }
  return (a >>> 0) * 2 ** 21 + ((b >>> 0) & 0x1fffff);
}

function without<T>(record: Readonly<Record<string, T>>, peer: EdgeId): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !name.endsWith(`:${peer}`)));
}
