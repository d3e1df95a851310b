import { describe, expect, test } from 'vitest';
import { isMurmurError } from '../../shared/errors.ts';
import { encodeGroup, encodeSlice, keyOf } from '../../shared/gossip/group-frames.ts';
import { decodeFrame, encodeFrame } from '../../shared/protocol/frame.ts';
import { createGroup, meanOf, peerId, vectorOf, type GroupOptions } from '../helpers/gossip-group.ts';

/** Thousands of rounds: seconds where nothing else runs, minutes where much does. */
const EXHAUSTIVE = { timeout: 300_000 } as const;

const everyone = (peers: number): number[] => Array.from({ length: peers }, (_, i) => i);

describe.each(['butterfly', 'ring'])('%s', (reduce) => {
  test('all members come to the same mean, to the bit, however the vector is cut', async () => {
    for (const peers of [1, 2, 3, 4, 5, 8]) {
      for (const size of [1, 2, 7, 64]) {
        for (const pieceValues of [1, 3, 65_536]) {
          const group = createGroup({ peers, size, way: { reduce, pieceValues }, seed: peers + size });
          const outcomes = await group.turn(1);
          const mean = group.exchanges[0].parameters;
          for (const exchange of group.exchanges) expect(exchange.parameters).toEqual(mean);
          mean.forEach((value, i) => expect(Math.abs(value / meanOf(everyone(peers), size)[i] - 1)).toBeLessThan(peers * 2 ** -24));
          for (const outcome of outcomes) expect(outcome).toMatchObject({ missed: [], merged: { length: peers - 1 } });
          expect(group.refused).toEqual([]);
          await group.clock.runUntil(() => false);
          expect(group.clock.pending).toBe(0);
        }
      }
    }
  });

  test('weights are those of the examples: 1 · 1 + 2 · 3 over 4 is 1.75', async () => {
    const group = createGroup({ peers: 2, way: { reduce, weights: 'examples' } });
    group.exchanges[0].learned(vectorOf(0), 1);
    group.exchanges[1].learned(vectorOf(1), 3);
    await group.turn(1);
    for (const { parameters } of group.exchanges) expect(parameters).toEqual(vectorOf(0).map((value) => 1.75 * value));
  });

  test('each sends 2 (N − 1) / N of the vector, and little beside', async () => {
    const size = 400_000;
    const group = createGroup({ peers: 4, size, way: { reduce } });
    await group.turn(1);
    for (const bytes of group.bytes) {
      expect(bytes).toBeGreaterThanOrEqual(1.5 * 4 * size);
      expect(bytes).toBeLessThan(1.5 * 4 * size * 1.002);
    }
  });

  test('whoever dies, and before whichever of its frames: the others end alike, with the mean of those that live, or of all', EXHAUSTIVE, async () => {
    let runs = 0;
    for (const peers of [3, 4, 5]) {
      const frames = await framesOf({ peers, way: { reduce, pieceValues: 2 } });
      for (const hear of ['in order', 'at once', 'never'] as const) {
        for (const seed of [0, 5]) {
          for (let peer = 0; peer < peers; peer++) {
            for (let frame = 0; frame < frames[peer]; frame++) {
              await expectAgreement({ peers, way: { reduce, pieceValues: 2 }, dies: new Map([[peer, frame]]), hear, seed });
              runs++;
            }
          }
        }
      }
    }
    expect(runs).toBeGreaterThan(900);
  });

  test('whichever two of four die, and before whichever of their frames', EXHAUSTIVE, async () => {
    const frames = await framesOf({ peers: 4, way: { reduce } });
    for (const hear of ['in order', 'at once', 'never'] as const) {
      for (let first = 0; first < 4; first++) {
        for (let second = first + 1; second < 4; second++) {
          for (let a = 0; a < frames[first]; a++) {
            // Beyond what it sends in an undisturbed round: into the attempt that repeats it.
            for (let b = 0; b < frames[second] + 6; b++) {
              await expectAgreement({ peers: 4, way: { reduce }, dies: new Map([[first, a], [second, b]]), hear, seed: a + b });
            }
          }
        }
      }
    }
  });

  async function framesOf(options: GroupOptions): Promise<readonly number[]> {
    const group = createGroup(options);
    await group.turn(1);
    return group.sent;
  }

  async function expectAgreement(options: GroupOptions): Promise<void> {
    const group = createGroup(options);
    const outcomes = await group.turn(1);
    const alive = everyone(options.peers).filter((peer) => !group.dead.has(peer));
    const label = JSON.stringify({ ...options, dies: [...(options.dies ?? [])] });
    for (const peer of alive) expect(outcomes[peer], label).not.toBeNull();
    const [first, ...others] = alive.map((peer) => group.exchanges[peer].parameters);
    for (const other of others) expect(other, label).toEqual(first);
    // A power of two for each: the first value says whose vectors are in it.
    const merged = [alive[0], ...(outcomes[alive[0]]?.merged ?? []).map((id) => everyone(options.peers).findIndex((peer) => peerId(peer) === id))];
    for (const peer of alive) expect(merged, label).toContain(peer);
    first.forEach((value, i) => expect(Math.abs(value / meanOf(merged)[i] - 1), label).toBeLessThan(2 ** -21));
    expect(group.refused, label).toEqual([]);
    // Nothing waits any more, and later rounds find all that live.
    if (options.hear === 'never') return;
    await group.clock.runUntil(() => false);
    expect(group.clock.pending, label).toBe(0);
  }
});

test('a member that comes late is waited for as long as patience lasts', async () => {
  const group = createGroup({ peers: 3, patienceSeconds: 10 });
  await group.turn(1, [0, 1, 2], (peer) => (peer === 2 ? 9000 : 0));
  for (const { parameters } of group.exchanges) expect(parameters).toEqual(meanOf([0, 1, 2]));
});

test('a member that comes too late keeps its own model, and meets the others again in the next round', async () => {
  const group = createGroup({ peers: 3, patienceSeconds: 10 });
  const outcomes = await group.turn(1, [0, 1, 2], (peer) => (peer === 2 ? 11_000 : 0));
  expect(group.exchanges[0].parameters).toEqual(meanOf([0, 1]));
  expect(group.exchanges[1].parameters).toEqual(meanOf([0, 1]));
  expect(group.exchanges[2].parameters).toEqual(vectorOf(2));
  expect(outcomes[0]?.missed).toEqual([peerId(2)]);
  expect(outcomes[2]).toEqual({ merged: [], missed: [peerId(0), peerId(1)] });
  group.exchanges.forEach((exchange, peer) => exchange.learned(vectorOf(peer), 1));
  // The others hear that it lives.
  await group.clock.runUntil(() => false);
  await group.turn(2);
  for (const { parameters } of group.exchanges) expect(parameters).toEqual(meanOf([0, 1, 2]));
});

test('peers that know different peers agree on those whom all of them know', async () => {
  // 0 and 1 know each other and 2; 2 does not know 1; 3 knows all, and nobody knows it.
  const known = [[1, 2], [0, 2], [0], [0, 1, 2]];
  const group = createGroup({ peers: 4, knows: (peer) => known[peer] });
  await group.turn(1);
  const values = group.exchanges.map(({ parameters }) => parameters);
  // 1 and 2 cannot be in one group; who is with 0 depends on who is heard first, and the rest goes on alone.
  expect(values[3]).toEqual(vectorOf(3));
  const pairs = [1, 2].filter((other) => values[other].every((value, i) => value === values[0][i]));
  expect(pairs.length).toBeLessThanOrEqual(1);
  expect(group.refused).toEqual([]);
});

test('a piece of a wrong size, or one that is not finite, is refused, and the others do without its sender', async () => {
  for (const [code, make] of [['bad_layout', () => new Float32Array(4)], ['not_finite', () => new Float32Array(2).fill(NaN)], ['norm_too_large', () => new Float32Array(2).fill(1e6)]] as const) {
    const group = createGroup({
      peers: 3, size: 6, maxNorm: 1000,
      tamper(from, _to, bytes) {
        const frame = decodeFrame(bytes);
        if (from !== 1 || frame.kind !== 'slice') return bytes;
        const values = make();
        return encodeFrame({ ...frame, tensors: [{ name: 'values', dtype: 'float32', shape: [values.length], values }] });
      },
    });
    await group.turn(1);
    expect(group.refused.length).toBeGreaterThanOrEqual(2);
    for (const { from, thrown } of group.refused) {
      expect(from).toBe(peerId(1));
      expect(isMurmurError(thrown, code)).toBe(true);
    }
    expect(group.exchanges[0].parameters).toEqual(meanOf([0, 2], 6));
    expect(group.exchanges[2].parameters).toEqual(meanOf([0, 2], 6));
    expect(group.exchanges[1].parameters).toEqual(vectorOf(1, 6));
  }
});

test('nine peers in groups of three hold the mean of all after two rounds, which one round alone does not give', async () => {
  const group = createGroup({ peers: 9, way: { groupSize: 3 } });
  await group.turn(1);
  expect(group.exchanges[0].parameters).not.toEqual(group.exchanges[1].parameters);
  await group.turn(2);
  for (const { parameters } of group.exchanges) parameters.forEach((value, i) => expect(Math.abs(value / meanOf(everyone(9))[i] - 1)).toBeLessThan(2 ** -22));
});

test('who has ended says so to those who come, and they do without', async () => {
  const group = createGroup({ peers: 3 });
  await group.turn(1);
  group.exchanges[0].end();
  group.exchanges[1].learned(vectorOf(1), 1);
  group.exchanges[2].learned(vectorOf(2), 1);
  const started = group.clock.now();
  await group.turn(2, [1, 2]);
  expect(group.clock.now() - started).toBeLessThan(1000);
  expect(group.exchanges[1].parameters).toEqual(meanOf([1, 2]));
  expect(group.exchanges[2].parameters).toEqual(meanOf([1, 2]));
});

test('a peer that is ahead can make another one keep no more than twice the model', () => {
  const size = 8;
  const { exchanges: [exchange] } = createGroup({ peers: 2, size });
  const [self, other] = [peerId(0), peerId(1)];
  const members = [self, other].sort();
  const hear = (frame: Uint8Array): void => exchange.onFrame(other, decodeFrame(frame));
  hear(encodeGroup(1, members));
  const piece = (values: number): Uint8Array => encodeSlice({ round: 1, key: keyOf(members) }, { step: 'reduce', slice: 0, piece: 0, weight: 1, values: new Float32Array(values) });
  hear(piece(8));
  hear(piece(7));
  expect(() => hear(piece(2))).toThrow(expect.objectContaining({ code: 'too_large' }));
  hear(piece(1));
});
