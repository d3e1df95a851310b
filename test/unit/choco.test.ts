import { describe, expect, it } from 'vitest';
import { encodeLetter, readLetter } from '../../shared/gossip/letter-frame.ts';
import type { GossipLinks, Posted, Received, Turn, WayState } from '../../shared/gossip/way.ts';
import { choco } from '../../shared/gossip/ways/choco.ts';
import { dPsgd } from '../../shared/gossip/ways/d-psgd.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { decodeFrame } from '../../shared/protocol/frame.ts';
import { createRandom } from '../../shared/random.ts';
import { createLayout } from '../../shared/tensors/layout.ts';
import { buildGraph } from '../../shared/topology/registry.ts';
import { peerId } from '../helpers/gossip-group.ts';

const configOf = (settings: object) => choco.config.parse(settings);

/** Through bytes, as letters go. */
function read(from: EdgeId, { letter }: Posted, size: number): Received {
  const { digest } = createLayout([{ name: 'a', shape: [size] }]);
  return { from, statistic: readLetter(decodeFrame(encodeLetter({ round: 1, layout: digest }, letter).slice()), { fields: choco.needs.fields(size), maxWeight: 1, maxNorm: null }, digest) };
}

const turnOf = (round: number, self: number, others: readonly number[]): Turn => {
  const links: GossipLinks = { to: others.map(peerId), from: others.map(peerId), oneWay: false };
  return { round, links, random: createRandom(round).fork(`${self}`) };
};

/** One round of all peers, each linked to these; `arrives` says which letters do. */
function round(states: WayState[], number: number, links: readonly (readonly number[])[], config: ReturnType<typeof configOf>, arrives: (from: number, to: number) => boolean = () => true): void {
  const size = states[0].parameters.length;
  const inbox = states.map((): Received[] => []);
  states.forEach((state, peer) => {
    const { state: after, post } = choco.send(state, turnOf(number, peer, links[peer]), config);
    states[peer] = after;
    for (const posted of post) for (const to of posted.to) if (arrives(peer, Number(to.slice(1)))) inbox[Number(to.slice(1))].push(read(peerId(peer), posted, size));
  });
  states.forEach((state, peer) => {
    states[peer] = choco.receive(state, inbox[peer], turnOf(number, peer, links[peer]), config);
  });
}

/** Whoever holds a public copy of the version that its owner is at holds the same bits. @returns how many do */
function expectSameCopies(states: readonly WayState[]): number {
  let held = 0;
  states.forEach(({ vectors, numbers }, reader) => {
    states.forEach((owner, number) => {
      if (reader === number || !(`copy:${peerId(number)}` in vectors)) return;
      if (numbers[`version:${peerId(number)}`] !== owner.numbers.version || numbers[`run:${peerId(number)}`] !== owner.numbers.run) return;
      held++;
      expect(vectors[`copy:${peerId(number)}`]).toEqual(owner.vectors.public);
    });
  });
  return held;
}

describe('CHOCO-SGD', () => {
  it('two peers, one value of two a round, gamma a half: as by hand, and what was left out comes in the next round', () => {
    const config = configOf({ codec: { name: 'top-k', fraction: 0.5 }, gamma: 0.5 });
    const states = [[4, 1], [-2, 3]].map((model) => choco.learned(choco.init(new Float32Array(2), config), Float32Array.from(model), config));
    round(states, 1, [[1], [0]], config);
    // Public copies (4, 0) and (0, 3), of which each moves a quarter of the difference.
    expect(states.map(({ parameters }) => [...parameters])).toEqual([[3, 1.75], [-1, 2.25]]);
    round(states, 2, [[1], [0]], config);
    // Now (4, 1.75) and (-1, 3).
    expect(states.map(({ parameters }) => [...parameters])).toEqual([[1.75, 2.0625], [0.25, 1.9375]]);
  });

  it('public copies never differ where they are held, whatever gets lost, and all are held again once nothing does', () => {
    for (const codec of [{ name: 'top-k', fraction: 0.1 }, { name: 'random-k', fraction: 0.1 }, { name: 'int8' }]) {
      const config = configOf({ codec, gamma: 0.1 });
      const random = createRandom(5);
      const links = [[1, 3], [0, 2], [1, 3], [0, 2]];
      const base = Float32Array.from({ length: 300 }, () => random.normal());
      const learned = (state: WayState): WayState => choco.learned(state, state.parameters.map((value) => value + 0.1 * random.normal()), config);
      const states = links.map(() => choco.init(base.slice(), config));
      for (let number = 1; number <= 60; number++) {
        states.forEach((state, peer) => {
          states[peer] = learned(state);
        });
        // One of them begins anew half-way, and nobody notices but by its letters.
        if (number === 30) states[2] = choco.init(base.slice(), config);
        round(states, number, links, config, () => number > 50 || random.next() < 0.8);
        expectSameCopies(states);
      }
      expect(expectSameCopies(states)).toBe(8);
    }
  });

  it('a newcomer is sent whole copies once, and differences from then on', () => {
    const config = configOf({});
    const base = new Float32Array(1000).fill(1);
    const states = [0, 1].map(() => choco.init(base.slice(), config));
    for (let number = 1; number <= 3; number++) round(states, number, [[1], [0], []], config);
    states.push(choco.init(new Float32Array(1000).fill(2), config));
    const links = [[1, 2], [0, 2], [0, 1]];
    const bytes = (number: number): number[] => states.map((state, peer) => choco.send(structuredClone(state), turnOf(number, peer, links[peer]), config).post.reduce((sum, { letter, to }) => sum + to.length * encodeLetter({ round: number, layout: createLayout([{ name: 'a', shape: [1000] }]).digest }, letter).length, 0));
    for (let number = 4; number <= 6; number++) round(states, number, links, config);
    expect(expectSameCopies(states)).toBe(6);
    for (const each of bytes(7)) expect(each).toBeLessThan(2 * 1000);
  });

  it('costs a thirtieth of D-PSGD’s bytes at the most, over 60 rounds from the first on, every header and a neighbour that is sent all anew among them', () => {
    const size = 20_000;
    const config = configOf({ codec: { name: 'top-k', fraction: 0.01 }, gamma: 0.05 });
    const links = buildGraph({ name: 'ring' }, 4, createRandom(1)).rounds[0];
    const random = createRandom(9);
    const states = links.map(() => choco.init(new Float32Array(size), config));
    const { digest } = createLayout([{ name: 'a', shape: [size] }]);
    let bytes = 0;
    for (let number = 1; number <= 60; number++) {
      states.forEach((state, peer) => {
        states[peer] = choco.learned(state, state.parameters.map((value) => value + random.normal()), config);
        const { post } = choco.send(structuredClone(states[peer]), turnOf(number, peer, links[peer]), config);
        bytes += post.reduce((sum, { letter, to }) => sum + to.length * encodeLetter({ round: number, layout: digest }, letter).length, 0);
      });
      round(states, number, links, config, (from, to) => number !== 20 || from !== 0 || to !== 1);
    }
    const plain = dPsgd.send(dPsgd.init(new Float32Array(size), {}), turnOf(1, 0, [1, 3]), {}).post[0].letter;
    const dense = 60 * 8 * encodeLetter({ round: 1, layout: digest }, plain).length;
    expect(dense / bytes).toBeGreaterThan(30);
  });
});
