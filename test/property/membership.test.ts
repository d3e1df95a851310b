/** A mesh of peers that each know a few: connected, symmetric, bounded, whatever happens to whom. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostNeighbours } from '../../shared/gossip/membership.ts';
import type { MembershipMessage } from '../../shared/gossip/membership-messages.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import { createSwarm, idOf, oneSided, reached, type Swarm } from '../helpers/membership-swarm.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const sizes = fc.integer({ min: 3, max: 200 });
const degrees = fc.integer({ min: 3, max: 6 });

/** Every newcomer is introduced to a few of those before it, as a rendezvous does. */
function grown(seed: number, size: number, options: { degree?: number; passive?: number } = {}): Swarm {
  const swarm = createSwarm(seed, options);
  const random = createRandom(seed).fork('introductions');
  for (let i = 0; i < size; i++) {
    const before = shuffle([...swarm.peers.keys()], random).slice(0, 3);
    swarm.join(idOf(i), before);
  }
  return swarm;
}

function requireSound(swarm: Swarm, degree: number, passive: number): void {
  expect(oneSided(swarm)).toEqual([]);
  for (const [id, peer] of swarm.peers) {
    expect(peer.active.length).toBeLessThanOrEqual(mostNeighbours(degree));
    expect(peer.passive.length).toBeLessThanOrEqual(passive);
    expect(peer.active).not.toContain(id);
    expect(peer.passive).not.toContain(id);
    expect(peer.passive.filter((other) => peer.active.includes(other))).toEqual([]);
  }
}

describe('membership', () => {
  it('connects all who joined, with views that are symmetric and bounded', { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(seeds, sizes, degrees, (seed, size, degree) => {
        const swarm = grown(seed, size, { degree });
        expect(oneSided(swarm)).toEqual([]);
        expect(reached(swarm)).toBe(size);
        swarm.tick(12);
        requireSound(swarm, degree, 30);
        expect(reached(swarm)).toBe(size);
        const least = Math.min(...[...swarm.peers.values()].map(({ active }) => active.length));
        expect(least).toBeGreaterThanOrEqual(Math.min(size - 1, degree - 1));
      }),
      { numRuns: 10 },
    );
  });

  it('brings in everybody through one single peer', { timeout: 300_000 }, () => {
    const swarm = createSwarm(5);
    swarm.join(idOf(0), []);
    for (let i = 1; i < 300; i++) swarm.join(idOf(i), [idOf(0)]);
    swarm.tick(12);
    requireSound(swarm, 4, 30);
    expect(reached(swarm)).toBe(300);
  });

  it('knows everybody where the view is large enough', { timeout: 300_000 }, () => {
    const swarm = grown(3, 24, { passive: 64 });
    swarm.tick(12);
    for (const peer of swarm.peers.values()) expect(peer.active.length + peer.passive.length).toBe(23);
  });

  it('stays connected when 30 % vanish at once, and forgets them', { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 20, max: 150 }), (seed, size) => {
        const swarm = grown(seed, size);
        swarm.tick(10);
        const gone = shuffle([...swarm.peers.keys()], createRandom(seed).fork('gone')).slice(0, Math.floor(0.3 * size));
        swarm.vanish(gone);
        swarm.tick(10);
        requireSound(swarm, 4, 30);
        expect(reached(swarm)).toBe(swarm.peers.size);
        swarm.tick(130);
        for (const peer of swarm.peers.values()) expect(peer.passive.filter((id) => gone.includes(id))).toEqual([]);
      }),
      { numRuns: 5 },
    );
  });

  it('names nobody who is gone where a neighbour of theirs could tell', { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 5, max: 14 }), fc.nat(), (seed, size, which) => {
        const swarm = grown(seed, size);
        swarm.tick(20);
        const gone = idOf(which % size);
        const near = [...(swarm.peers.get(gone)?.active ?? [])];
        const told = new Set(near.flatMap((peer) => [peer, ...(swarm.peers.get(peer)?.active ?? [])]));
        swarm.vanish([gone]);
        for (const peer of told) {
          expect(swarm.peers.get(peer)?.active ?? []).not.toContain(gone);
          expect(swarm.peers.get(peer)?.passive ?? []).not.toContain(gone);
        }
        // What third ones still say of it is older, and revives it nowhere.
        swarm.tick(3);
        for (const peer of told) expect(swarm.peers.get(peer)?.passive ?? []).not.toContain(gone);
      }),
      { numRuns: 40 },
    );
  });

  it('takes nobody for gone whom it has for a neighbour, nor for long who lives, nor more than a few at one peer’s word', () => {
    const swarm = grown(3, 12);
    swarm.tick(20);
    const [id, peer] = [...swarm.peers][0];
    const liar = peer.active[0];
    const [others, neighbours] = [peer.passive, peer.active];
    expect(others.length).toBeGreaterThan(2);
    for (const one of [...neighbours, ...others]) swarm.inject(id, liar, { type: 'gone', peer: one });
    expect(peer.active).toEqual(neighbours);
    const left = peer.passive.length;
    expect(left).toBe(Math.max(0, others.length - Math.max(0, 8 - neighbours.length)));
    swarm.tick(8);
    expect([...peer.active, ...peer.passive]).toHaveLength(11);
  });

  it('grows together again after a partition, without anybody to introduce', { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 8, max: 100 }), fc.integer({ min: 5, max: 150 }), (seed, size, ticks) => {
        const swarm = grown(seed, size);
        swarm.tick(10);
        const half = new Set([...swarm.peers.keys()].filter((_, i) => i % 2 === 0));
        swarm.split((id) => (half.has(id) ? 0 : 1));
        swarm.tick(ticks);
        expect(oneSided(swarm)).toEqual([]);
        expect(reached(swarm)).toBeLessThanOrEqual(Math.ceil(size / 2));
        swarm.split(null);
        swarm.tick(100);
        requireSound(swarm, 4, 30);
        expect(reached(swarm)).toBe(size);
      }),
      { numRuns: 5 },
    );
  });

  it('is not led astray by a peer that lies', { timeout: 300_000 }, () => {
    const lies: fc.Arbitrary<MembershipMessage> = fc.oneof(
      fc.constant<MembershipMessage>({ type: 'join' }),
      fc.constant<MembershipMessage>({ type: 'neighbour', urgent: true }),
      fc.constant<MembershipMessage>({ type: 'neighbour-reply', accepted: true }),
      fc.constant<MembershipMessage>({ type: 'disconnect' }),
      fc.nat(39).map((n): MembershipMessage => ({ type: 'gone', peer: idOf(n) })),
      fc.integer({ min: 5000, max: 6000 }).map((n): MembershipMessage => ({ type: 'forward-join', newcomer: { id: idOf(n), route: [], age: 0 }, hops: 6 })),
      fc.array(fc.integer({ min: 5000, max: 6000 }), { minLength: 16, maxLength: 16 }).map((ids): MembershipMessage => ({ type: 'shuffle', hops: 0, path: [], entries: ids.map((n) => ({ id: idOf(n), route: [], age: 0 })) })),
      fc.array(fc.integer({ min: 5000, max: 6000 }), { minLength: 16, maxLength: 16 }).map((ids): MembershipMessage => ({ type: 'shuffle-reply', path: [], entries: ids.map((n) => ({ id: idOf(n), route: [], age: 0 })) })),
    );
    fc.assert(
      fc.property(seeds, fc.array(fc.tuple(fc.nat(39), lies), { maxLength: 400, size: 'max' }), (seed, told) => {
        const swarm = grown(seed, 40);
        swarm.tick(5);
        const liar = idOf(4999);
        for (const [at, message] of told) swarm.inject(idOf(at), liar, message);
        for (const peer of swarm.peers.values()) {
          expect(peer.active.length).toBeLessThanOrEqual(mostNeighbours(4));
          expect(peer.passive.length).toBeLessThanOrEqual(30);
          expect(peer.lost.length).toBeLessThanOrEqual(64);
        }
        for (const id of swarm.peers.keys()) swarm.shun(id, liar);
        swarm.tick(30);
        requireSound(swarm, 4, 30);
        expect(reached(swarm)).toBe(40);
      }),
      { numRuns: 10 },
    );
  });
});
