import { describe, expect, it } from 'vitest';
import type { GossipLinks, Posted, Received, WayState } from '../../shared/gossip/way.ts';
import { pushSum } from '../../shared/gossip/ways/push-sum.ts';
import { createRandom, shuffle, type RandomSource } from '../../shared/random.ts';
import { buildGraph } from '../../shared/topology/registry.ts';
import { linksAt, sendersIn, type Graph } from '../../shared/topology/topology.ts';
import { peerId } from '../helpers/gossip-group.ts';

type Config = Parameters<typeof pushSum.send>[2];
const ALL: Config = { to: 'all', learning: 'model' };

/** A letter as it was when it was sent: running sums go on in place. */
const copied = (from: number, { letter }: Posted): Received => ({ from: peerId(from), statistic: { weight: 1, fields: Object.fromEntries(Object.entries(letter.fields).map(([name, values]) => [name, (values as Float64Array).slice()])) } });
const linksOf = (graph: Graph, round: number, peer: number): GossipLinks => {
  const to = linksAt(graph, round);
  return { to: to[peer].map(peerId), from: sendersIn(to)[peer].map(peerId), oneWay: graph.directed };
};

interface Lines {
  /** Of a letter: never, once, twice. */
  copies(random: RandomSource): number;
  /** Turns that it takes beyond the next. */
  delay(random: RandomSource): number;
}
const BAD: Lines = { copies: (random) => (random.next() < 0.2 ? 0 : random.next() < 0.2 ? 2 : 1), delay: (random) => random.int(3) };

class Swarm {
  readonly states: WayState[];
  private readonly random: RandomSource;
  private underWay: { to: number; due: number; letter: Received }[] = [];
  private round = 0;

  constructor(private readonly graph: Graph, starts: readonly Float32Array[], seed: number, private readonly lines: Lines, private readonly config: Config = ALL) {
    this.states = starts.map((start) => pushSum.init(start, config));
    this.random = createRandom(seed);
  }

  /** Peers take their turns in any order, some of them several before others take one. */
  run(turns: number): void {
    for (let i = 0; i < turns; i++) {
      this.round++;
      const peer = this.random.int(this.states.length);
      const turn = { round: this.round, links: linksOf(this.graph, this.round, peer), random: this.random.fork(`${this.round}`) };
      const { state, post } = pushSum.send(this.states[peer], turn, this.config);
      for (const posted of post) {
        for (let copy = this.lines.copies(this.random); copy > 0; copy--) this.underWay.push({ to: numberOf(posted), due: this.round + 4 * this.lines.delay(this.random), letter: copied(peer, posted) });
      }
      const mine = shuffle(this.underWay.filter(({ to, due }) => to === peer && due <= this.round), this.random);
      this.underWay = this.underWay.filter(({ to, due }) => to !== peer || due > this.round);
      this.states[peer] = pushSum.receive(state, mine.map(({ letter }) => letter), turn, this.config);
    }
  }

  /** Weight and numerator over peers and links together. */
  total(): { weight: number; numerator: number } {
    let [weight, numerator] = [0, 0];
    for (const { numbers, vectors } of this.states) {
      weight += numbers.weight;
      numerator += vectors.numerator[0];
    }
    this.states.forEach(({ numbers, vectors }, from) => {
      this.states.forEach((other, to) => {
        if (!(`sent-mass:${peerId(to)}` in numbers)) return;
        weight += numbers[`sent-mass:${peerId(to)}`] - (other.numbers[`taken-mass:${peerId(from)}`] ?? 0);
        numerator += vectors[`sent:${peerId(to)}`][0] - ((other.vectors[`taken:${peerId(from)}`] as Float64Array | undefined)?.[0] ?? 0);
      });
    });
    return { weight, numerator };
  }
}
const numberOf = ({ to }: Posted): number => Number(to[0].slice(1));

describe('push-sum', () => {
  it('over one link in one direction: 8 and 0 become 4 / 0.5 and 4 / 1.5, by weights of one half and one and a half', () => {
    const turn = { round: 1, links: { to: [peerId(1)], from: [], oneWay: true }, random: createRandom(1) };
    const sender = pushSum.send(pushSum.init(Float32Array.of(8), ALL), turn, ALL);
    const receiver = pushSum.receive(pushSum.init(Float32Array.of(0), ALL), sender.post.map((posted) => copied(0, posted)), turn, ALL);
    const after = pushSum.receive(sender.state, [], turn, ALL);
    expect([after.vectors.numerator[0], after.numbers.weight, after.parameters[0]]).toEqual([4, 0.5, 8]);
    expect([receiver.vectors.numerator[0], receiver.numbers.weight, receiver.parameters[0]]).toEqual([4, 1.5, Math.fround(4 / 1.5)]);
  });

  it('makes a lost letter good by the next one, takes one that comes twice or late but once', () => {
    const turn = (round: number) => ({ round, links: { to: [peerId(1)], from: [], oneWay: true }, random: createRandom(1) });
    let state = pushSum.init(Float32Array.of(8), ALL);
    const letters = [1, 2, 3].map((round) => {
      const sent = pushSum.send(state, turn(round), ALL);
      state = sent.state;
      return copied(0, sent.post[0]);
    });
    const [first, , third] = letters;
    const taken = pushSum.receive(pushSum.init(Float32Array.of(0), ALL), [third, first, third], turn(3), ALL);
    // 4 + 2 + 1 of 8, and as much of the weight.
    expect([taken.vectors.numerator[0], taken.numbers.weight]).toEqual([7, 1.875]);
    expect([state.vectors.numerator[0], state.numbers.weight]).toEqual([1, 0.125]);
  });

  it('a step of learning moves the model by itself, or the numerator: where the weight is a half, the model then by twice as much', () => {
    const turn = { round: 1, links: { to: [peerId(1)], from: [], oneWay: true }, random: createRandom(1) };
    for (const [learning, model] of [['model', 9], ['numerator', 10]] as const) {
      const config: Config = { to: 'all', learning };
      const { state } = pushSum.send(pushSum.init(Float32Array.of(8), config), turn, config);
      expect(pushSum.learned(state, Float32Array.of(9), config).parameters[0]).toBe(model);
    }
  });

  it('keeps numerators and weights over peers and links together, to the bit, where shares are powers of two: 20 % lost, some twice, out of order', () => {
    // Three neighbours: shares of a quarter. 11 turns a peer take 22 bits of the 53.
    const graph = buildGraph({ name: 'complete' }, 4, createRandom(1));
    for (let seed = 0; seed < 50; seed++) {
      const swarm = new Swarm(graph, [1, 20, 300, 4000].map((value) => Float32Array.of(value)), seed, BAD);
      for (let i = 0; i < 40; i++) {
        swarm.run(1);
        expect(swarm.total()).toEqual({ weight: 4, numerator: 4321 });
      }
    }
  });

  it.each(['all', 'random', 'next'] as const)('keeps them to 1e-6 where they are not: %s', (to) => {
    const graph = buildGraph({ name: 'random-regular', degree: 4 }, 20, createRandom(3));
    const swarm = new Swarm(graph, Array.from({ length: 20 }, (_, i) => Float32Array.of(i * i)), 7, BAD, { to, learning: 'model' });
    const before = swarm.total();
    swarm.run(10_000);
    const after = swarm.total();
    expect(Math.abs(after.weight / before.weight - 1)).toBeLessThan(1e-12);
    expect(Math.abs(after.numerator / before.numerator - 1)).toBeLessThan(1e-12);
    for (const { parameters } of swarm.states) expect(parameters[0]).toBeCloseTo(2470 / 20, 2);
  });

  it('is unbiased under 20 % loss: over 100 seeds, the peers’ mean lies about the true one', () => {
    // A t-test of the 100 means of the peers' models after some five turns each, long before agreement: |t| > 4 has the probability 1.2e-4.
    // Starts are drawn by lot to the peers, so that no peer's place in the graph is tied to a value.
    const graph = buildGraph({ name: 'random-regular', degree: 4 }, 20, createRandom(3));
    const errors = Array.from({ length: 100 }, (_, seed) => {
      const starts = shuffle(Array.from({ length: 20 }, (_, i) => Float32Array.of(2 ** (i / 2))), createRandom(1000 + seed));
      const truth = starts.reduce((sum, [value]) => sum + value, 0) / 20;
      const swarm = new Swarm(graph, starts, seed, BAD);
      swarm.run(100);
      return swarm.states.reduce((sum, { parameters }) => sum + parameters[0], 0) / 20 / truth - 1;
    });
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (errors.length - 1));
    expect(deviation).toBeGreaterThan(1e-3);
    expect(Math.abs(mean)).toBeLessThan(4 * deviation / Math.sqrt(errors.length));
  });

  it('does not take twice what a link brought that this side alone had given up, and takes what comes next', () => {
    const turn = (round: number) => ({ round, links: { to: [peerId(1)], from: [], oneWay: true }, random: createRandom(1) });
    const first = pushSum.send(pushSum.init(Float32Array.of(8), ALL), turn(1), ALL);
    let reader = pushSum.receive(pushSum.init(Float32Array.of(0), ALL), [copied(0, first.post[0])], turn(1), ALL);
    reader = pushSum.forget?.(reader, peerId(0), ALL) ?? reader;
    const second = pushSum.send(first.state, turn(2), ALL);
    reader = pushSum.receive(reader, [copied(0, second.post[0])], turn(2), ALL);
    // The second share is lost with its weight: nobody knows here how much of the sum was new.
    expect([reader.vectors.numerator[0], reader.numbers.weight]).toEqual([4, 1.5]);
    const third = pushSum.send(second.state, turn(3), ALL);
    reader = pushSum.receive(reader, [copied(0, third.post[0])], turn(3), ALL);
    expect([reader.vectors.numerator[0], reader.numbers.weight]).toEqual([5, 1.625]);
    // The sender gives it up, too, and begins anew: from nothing.
    const again = pushSum.send(pushSum.forget?.(third.state, peerId(1), ALL) ?? third.state, turn(4), ALL);
    reader = pushSum.receive(reader, [copied(0, again.post[0])], turn(4), ALL);
    expect([reader.vectors.numerator[0], reader.numbers.weight]).toEqual([5.5, 1.6875]);
  });
});
