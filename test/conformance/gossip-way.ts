/** What every way whose peers write letters must satisfy: exported, so that a new one is tried by one line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMurmurError } from '../../shared/errors.ts';
import { encodeLetter, readLetter } from '../../shared/gossip/letter-frame.ts';
import type { GossipLinks, LetterWay, Received, WayState } from '../../shared/gossip/way.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { decodeFrame, encodeFrame } from '../../shared/protocol/frame.ts';
import { createRandom } from '../../shared/random.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import { createLayout } from '../../shared/tensors/layout.ts';
import { buildGraph } from '../../shared/topology/registry.ts';
import { linksAt, sendersIn, type Graph } from '../../shared/topology/topology.ts';
import { peerId } from '../helpers/gossip-group.ts';

export interface WayConformance {
  /** Of the consensus: the mean over peers stays what it was at the start, to this share of the spread. null: it moves. */
  readonly keepsMean: number | null;
  /** Turns in which the spread among peers shrinks to a thousandth, at the latest. */
  readonly turns: number;
}

const SIZE = 12;
const layout = createLayout([{ name: 'a', shape: [SIZE] }]);

export function gossipWayConformance(way: LetterWay, settings: object, { keepsMean, turns }: WayConformance): void {
  const config = way.config.parse(settings);
  const schema: StatisticSchema = { fields: way.needs.fields(SIZE), maxWeight: 1, maxNorm: null };

  /** All peers take one turn, at once; letters travel as frames. */
  const turnOf = (states: readonly WayState[], graph: Graph, round: number, seed: number): WayState[] => {
    const to = linksAt(graph, round);
    const from = sendersIn(to);
    const links = states.map((_, peer): GossipLinks => ({ to: to[peer].map(peerId), from: from[peer].map(peerId), oneWay: graph.directed }));
    const turns = states.map((_, peer) => ({ round, links: links[peer], random: createRandom(seed).fork(`${round} ${peer}`) }));
    const inboxes = new Map<EdgeId, Received[]>(states.map((_, peer) => [peerId(peer), []]));
    const sent = states.map((state, peer) => {
      const { state: after, post } = way.send(state, turns[peer], config);
      for (const { letter, to: receivers } of post) {
        const frame = encodeLetter({ round, layout: layout.digest }, letter);
        for (const receiver of receivers) inboxes.get(receiver)?.push({ from: peerId(peer), statistic: readLetter(decodeFrame(frame.slice()), schema, layout.digest) });
      }
      return after;
    });
    return sent.map((state, peer) => way.receive(state, inboxes.get(peerId(peer)) ?? [], turns[peer], config));
  };
  const start = (count: number, seed: number): WayState[] => {
    const random = createRandom(seed);
    // All begin from one model and learn different things, as peers do.
    const base = Float32Array.from({ length: SIZE }, () => random.normal());
    return Array.from({ length: count }, () => way.learned(way.init(base.slice(), config), base.map((value) => value + random.normal()), config));
  };
  const meanOf = (states: readonly WayState[]): Float64Array => Float64Array.from({ length: SIZE }, (_, i) => states.reduce((sum, { parameters }) => sum + parameters[i], 0) / states.length);
  const spreadOf = (states: readonly WayState[]): number => {
    const mean = meanOf(states);
    return Math.sqrt(states.reduce((sum, { parameters }) => sum + parameters.reduce((all, value, i) => all + (value - mean[i]) ** 2, 0), 0) / states.length);
  };
  const ring = buildGraph({ name: 'ring' }, 5, createRandom(1));
  const complete = buildGraph({ name: 'complete' }, 5, createRandom(1));

  describe(`way ${way.name} with ${JSON.stringify(settings)}`, () => {
    it('has settings that are strict and read their own output', () => {
      expect(way.config.parse(JSON.parse(JSON.stringify(config)))).toEqual(config);
      expect(way.config.safeParse({ ...settings, misspelt: 1 }).success).toBe(false);
    });

    it.each([['ring', ring], ['complete', complete]])('comes to agreement over a graph that is %s, where nobody learns', (_name, graph) => {
      for (const seed of [1, 2, 3]) {
        let states = start(5, seed);
        const [before, spread] = [meanOf(states), spreadOf(states)];
        for (let round = 1; round <= turns; round++) states = turnOf(states, graph, round, seed);
        expect(spreadOf(states)).toBeLessThan(spread / 1000);
        if (keepsMean !== null) meanOf(states).forEach((value, i) => expect(Math.abs(value - before[i])).toBeLessThanOrEqual(keepsMean * spread));
      }
    });

    it('keeps plain data that can be stored and resumed at any turn, and does the same each time', () => {
      fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 12 }), (seed, when) => {
        let [straight, resumed] = [start(5, seed), start(5, seed)];
        for (let round = 1; round <= 14; round++) {
          straight = turnOf(straight, ring, round, seed);
          resumed = turnOf(resumed, ring, round, seed);
          if (round === when) resumed = resumed.map(throughFrame);
          const learn = (states: WayState[]): WayState[] => states.map((state, peer) => way.learned(state, state.parameters.map((value, i) => value + peer * i * 0.125), config));
          [straight, resumed] = [learn(straight), learn(resumed)];
        }
        expect(resumed).toEqual(straight);
      }), { numRuns: 20, seed: 5 });
    });

    it('gives up a neighbour that is gone: nothing of it is kept but a number', () => {
      let states = start(5, 9);
      for (let round = 1; round <= 3; round++) states = turnOf(states, ring, round, 9);
      const after = way.forget?.(states[0], peerId(1), config) ?? states[0];
      expect(Object.keys(after.vectors).filter((name) => name.includes(peerId(1)))).toEqual([]);
      expect(after.parameters).toEqual(states[0].parameters);
      expect(Object.keys(after.numbers).filter((name) => name.includes(peerId(1))).length).toBeLessThanOrEqual(1);
      // And begins with it anew.
      states = [after, ...states.slice(1)];
      for (let round = 4; round < 4 + turns; round++) states = turnOf(states, ring, round, 9);
      expect(spreadOf(states)).toBeLessThan(1e-3);
    });

    it('goes on where nobody is there', () => {
      const [state] = start(1, 4);
      const before = state.parameters.slice();
      const turn = { round: 1, links: { to: [], from: [], oneWay: false }, random: createRandom(1) };
      const { state: sent, post } = way.send(state, turn, config);
      expect(post).toEqual([]);
      expect(way.receive(sent, [], turn, config).parameters).toEqual(before);
    });

    it('refuses letters with values that are not finite, numbers out of their range, or too few of them', () => {
      const turn = { round: 1, links: { to: [peerId(1)], from: [peerId(1)], oneWay: false }, random: createRandom(1) };
      const [state] = start(1, 4);
      const frame = decodeFrame(encodeLetter({ round: 1, layout: layout.digest }, way.send(state, turn, config).post[0].letter));
      expect(() => readLetter(frame, schema, layout.digest)).not.toThrow();
      const read = (tensors: typeof frame.tensors): void => void readLetter(decodeFrame(encodeFrame({ ...frame, tensors })), schema, layout.digest);
      frame.tensors.forEach((tensor, at) => {
        const others = frame.tensors.filter((_, i) => i !== at);
        expect(thrownBy(() => read(others))).toBe(true);
        // Of what a codec packed, fewer values may be right, too.
        if (schema.fields.some(({ name }) => name === tensor.name)) expect(thrownBy(() => read([...others, { ...tensor, shape: [tensor.values.length - 1], values: tensor.values.slice(1) }]))).toBe(true);
        if (tensor.values instanceof Float32Array || tensor.values instanceof Float64Array) {
          expect(thrownBy(() => read([...others, { ...tensor, values: tensor.values.map(() => NaN) }]))).toBe(true);
          expect(thrownBy(() => read([...others, { ...tensor, values: tensor.values.map(() => -Infinity) }]))).toBe(true);
        }
        if (schema.fields.find(({ name }) => name === tensor.name)?.range !== undefined) expect(thrownBy(() => read([...others, { ...tensor, values: Float64Array.of(-1) }]))).toBe(true);
      });
      expect(thrownBy(() => read([...frame.tensors, { name: 'surplus', dtype: 'float32', shape: [1], values: new Float32Array(1) }]))).toBe(true);
    });
  });
}

/** Whether it is refused as it should be, by an error of ours. */
function thrownBy(act: () => void): boolean {
  try {
    act();
    return false;
  } catch (thrown) {
    return isMurmurError(thrown) && thrown.code !== 'internal';
  }
}

/** As it would be stored: numbers as JSON, vectors as a frame. */
function throughFrame({ parameters, vectors, numbers }: WayState): WayState {
  const named = Object.entries({ parameters, ...vectors }).map(([name, values]) => ({ name, dtype: values instanceof Float32Array ? 'float32' as const : 'float64' as const, shape: [values.length], values }));
  const frame = decodeFrame(encodeFrame({ kind: 'state', meta: JSON.parse(JSON.stringify(numbers)) as Record<string, number>, tensors: named }));
  const read = Object.fromEntries(frame.tensors.map(({ name, values }) => [name, values.slice() as Float32Array | Float64Array]));
  const { parameters: model, ...others } = read;
  return { parameters: model as Float32Array, vectors: others, numbers: frame.meta as Record<string, number> };
}
