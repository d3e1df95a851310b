import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TurnOutcome } from '../../client/gossip/exchange.ts';
import { sleep } from '../../shared/clock.ts';
import { gridFor, groupAverage } from '../../shared/gossip/ways/group-average.ts';
import { createRandom } from '../../shared/random.ts';
import { createGroup, peerId, vectorOf } from '../helpers/gossip-group.ts';

it('groups of a round are a partition that all members see alike, none too large', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 9 }), (peers, groupSize, round) => {
    const members = Array.from({ length: peers }, (_, i) => peerId(i));
    const config = groupAverage.config.parse({ groupSize });
    for (const self of members) {
      const group = groupAverage.group(members, self, round, config);
      expect(group).toContain(self);
      expect(group.length).toBeLessThanOrEqual(groupSize);
      expect([...group].sort()).toEqual(group);
      for (const other of group) expect(groupAverage.group(members, other, round, config)).toEqual(group);
    }
  }), { numRuns: 60 });
});

it('as many rounds as dimensions average a whole grid exactly, by uniform weights: group by group, in whole numbers', () => {
  for (const [peers, groupSize, side, dimensions] of [[8, 8, 8, 1], [9, 8, 3, 2], [16, 4, 4, 2], [27, 3, 3, 3], [64, 8, 8, 2], [32, 2, 2, 5]]) {
    expect(gridFor(peers, groupSize)).toEqual({ side, dimensions });
    const members = Array.from({ length: peers }, (_, i) => peerId(i));
    const config = groupAverage.config.parse({ groupSize });
    // Whole multiples of the number of peers: no mean of a group is rounded.
    let values = members.map((_, i) => i * peers * 2);
    for (let round = 5; round < 5 + dimensions; round++) {
      values = members.map((self) => {
        const group = groupAverage.group(members, self, round, config).map((peer) => members.indexOf(peer));
        return group.reduce((sum, place) => sum + values[place], 0) / group.length;
      });
    }
    expect(new Set(values)).toEqual(new Set([peers * (peers - 1)]));
  }
});

it('peers that come and go at their own pace, over many rounds: none is stuck, and whoever took a mean took the same as its group', async () => {
  await fc.assert(fc.asyncProperty(
    fc.record({
      seed: fc.nat(), peers: fc.integer({ min: 2, max: 9 }), groupSize: fc.integer({ min: 2, max: 9 }), reduce: fc.constantFrom('butterfly', 'ring'),
      hear: fc.constantFrom('in order' as const, 'at once' as const), deaths: fc.array(fc.tuple(fc.nat(8), fc.nat(80)), { maxLength: 4 }),
    }),
    async ({ seed, peers, groupSize, reduce, hear, deaths }) => {
      const group = createGroup({ peers, way: { groupSize, reduce, pieceValues: 2 }, hear, seed: seed % 1000, dies: new Map(deaths.map(([peer, frames]) => [peer % peers, frames])) });
      const random = createRandom(seed);
      const ends = new Map<string, { readonly outcome: TurnOutcome; readonly values: Float32Array }>();
      const stop = new AbortController();
      let finished = 0;
      const runPeer = async (peer: number): Promise<void> => {
        const exchange = group.exchanges[peer];
        for (let round = 1; round <= 12; ) {
          await sleep(group.clock, random.int(60));
          if (group.dead.has(peer)) return;
          round = Math.max(round, Math.min(exchange.latestRound, 12));
          exchange.learned(vectorOf(peer).map((value) => value + round), 1);
          const outcome = await exchange.turn(round, stop.signal);
          ends.set(`${peer} ${round}`, { outcome, values: exchange.parameters });
          round++;
        }
        exchange.end();
        finished++;
      };
      for (let peer = 0; peer < peers; peer++) void runPeer(peer);
      await group.clock.runUntil(() => finished + group.dead.size >= peers);
      const alive = Array.from({ length: peers }, (_, i) => i).filter((peer) => !group.dead.has(peer));
      expect(finished).toBeGreaterThanOrEqual(alive.length);
      expect(group.refused).toEqual([]);
      for (const peer of alive) {
        for (let round = 1; round <= 12; round++) {
          const mine = ends.get(`${peer} ${round}`);
          for (const other of alive) {
            if (mine?.outcome.merged.includes(peerId(other)) !== true) continue;
            const theirs = ends.get(`${other} ${round}`);
            expect(theirs?.values).toEqual(mine.values);
            expect([peerId(other), ...(theirs?.outcome.merged ?? [])].sort()).toEqual([peerId(peer), ...mine.outcome.merged].sort());
          }
        }
      }
    },
  ), { numRuns: 200, seed: 11 });
});
