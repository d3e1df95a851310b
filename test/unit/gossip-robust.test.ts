import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStanding } from '../../client/gossip/standing.ts';
import { createClipper } from '../../shared/gossip/robust/self-centered-clipping.ts';
import { dPsgd } from '../../shared/gossip/ways/d-psgd.ts';
import type { Received } from '../../shared/gossip/way.ts';
import { createRandom } from '../../shared/random.ts';
import { peerId } from '../helpers/gossip-group.ts';

const letter = (from: number, values: readonly number[], degree = 2): Received => ({ from: peerId(from), statistic: { weight: 1, fields: { parameters: Float32Array.from(values), degree: Float64Array.of(degree) } } });
const modelOf = ({ statistic }: Received): number[] => [...statistic.fields.parameters];

describe('self-centered clipping', () => {
  it('takes a model that is too far off for the point at the radius on the way to it: (3, 4) at 10 times that for (6, 8) − 5', () => {
    const own = Float32Array.of(1, 1);
    const clipped = createClipper(10, 'parameters', 'rounds').clip(own, [letter(1, [31, 41]), letter(2, [4, 5])]);
    expect(clipped.map(modelOf)).toEqual([[7, 9], [4, 5]]);
  });

  it('by itself takes the median of the distances of that turn, the lower one of two', () => {
    const own = Float32Array.of(0);
    const clip = (distances: readonly number[]): number[] => createClipper('auto', 'parameters', 'rounds').clip(own, distances.map((value, i) => letter(i, [value]))).map((one) => modelOf(one)[0]);
    expect(clip([1, -2, 400])).toEqual([1, -2, 2]);
    expect(clip([1, 2, 3, 4])).toEqual([1, 2, 2, 2]);
    expect(clip([0, 0, 5])).toEqual([0, 0, 0]);
  });

  it('where a turn brings one letter, those of turns past count, too', () => {
    const clipper = createClipper('auto', 'parameters', 'own');
    const own = Float32Array.of(0);
    for (const value of [1, 2, 1]) clipper.clip(own, [letter(1, [value])]);
    expect(modelOf(clipper.clip(own, [letter(2, [1000])])[0])).toEqual([1]);
  });

  it('whatever one of three neighbours sends, a peer is moved by no more than its weight, a quarter, times the radius', () => {
    const turn = { round: 1, links: { to: [1, 2, 3].map(peerId), from: [1, 2, 3].map(peerId), oneWay: false }, random: createRandom(1) };
    fc.assert(fc.property(fc.array(fc.float({ noNaN: true, min: -(2 ** 60), max: 2 ** 60 }), { minLength: 3, maxLength: 3 }), (lie) => {
      const own = Float32Array.of(1, 2, 3);
      const honest = [letter(1, [1.5, 2, 3], 3), letter(2, [1, 2.5, 3], 3)];
      const after = (received: readonly Received[]): Float32Array => dPsgd.receive(dPsgd.init(own.slice(), {}), received, turn, {}).parameters;
      const moved = after(createClipper(2, 'parameters', 'rounds').clip(own, [...honest, letter(3, lie, 3)]));
      const without = after(honest);
      expect(Math.hypot(...moved.map((value, i) => value - without[i]))).toBeLessThanOrEqual((2 / 4) * (1 + 1e-6));
    }));
  });

  it.each([['plain', null], ['clipped', 'auto'], ['clipped at a number', 0.5]] as const)('seven honest peers and one that sends the sign turned and ten times as much: %s', (_name, clip) => {
    // All know all; each pulls its model towards its own target, of which the mean is 1.
    const targets = [0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3];
    let models: Float32Array[] = targets.map(() => Float32Array.of(0));
    const clippers = targets.map(() => (clip === null ? null : createClipper(clip, 'parameters', 'rounds')));
    for (let round = 1; round <= 200; round++) {
      const learned = models.map(([value], i) => value - 0.1 * (value - targets[i]));
      const mean = learned.reduce((sum, value) => sum + value, 0) / 7;
      models = learned.map((value, i) => {
        const others = [0, 1, 2, 3, 4, 5, 6, 7].filter((peer) => peer !== i);
        const received = others.map((peer) => letter(peer, [peer === 7 ? -10 * mean : learned[peer]], 7));
        const own = Float32Array.of(value);
        const turn = { round, links: { to: others.map(peerId), from: others.map(peerId), oneWay: false }, random: createRandom(1) };
        return dPsgd.receive(dPsgd.init(own, {}), clippers[i]?.clip(own, received) ?? received, turn, {}).parameters;
      });
    }
    const worst = Math.max(...models.map(([value]) => Math.abs(value - 1)));
    if (clip === null) expect(worst).toBeGreaterThan(0.9);
    else expect(worst).toBeLessThan(0.65);
  });
});

describe('standing', () => {
  const [good, bad] = [peerId(1), peerId(2)];

  it('counts refusals by peer, and forgives one for fifty letters in order', () => {
    const standing = createStanding(3);
    expect([standing.strike(bad), standing.strike(bad), standing.strike(good)]).toEqual([1, 2, 1]);
    for (let i = 0; i < 49; i++) standing.behaved(bad);
    expect(standing.strike(bad)).toBe(3);
    for (let i = 0; i < 100; i++) standing.behaved(bad);
    expect(standing.strike(bad)).toBe(2);
  });
});
