import { describe, expect, it } from 'vitest';
import { consensusDistance, decodeSketch, encodeSketch, SKETCH_BYTES, sketchOf } from '../../shared/gossip/sketch.ts';
import { asDigest } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { thrownBy } from '../helpers/thrown.ts';

const swarm = (i: number) => asDigest((0x10000 + 7919 * i).toString(16).padStart(8, '0').padEnd(64, '0'));
const vector = (size: number, seed: number): Float32Array => {
  const random = createRandom(seed);
  return Float32Array.from({ length: size }, () => random.normal());
};
const norm2 = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);

describe('the sketch of a model', () => {
  it('keeps squared norms: unbiased, and with the variance that was promised', () => {
    const values = vector(2000, 1);
    const ratios = Array.from({ length: 400 }, (_, i) => norm2(sketchOf(values, swarm(i))) / norm2(values));
    const mean = ratios.reduce((a, b) => a + b, 0) / ratios.length;
    const deviation = Math.sqrt(ratios.reduce((sum, ratio) => sum + (ratio - 1) ** 2, 0) / ratios.length);
    // Three standard errors of the mean over 400 projections.
    expect(Math.abs(mean - 1)).toBeLessThan((3 * Math.sqrt(2 / 64)) / 20);
    expect(deviation).toBeLessThan(1.15 * Math.sqrt(2 / 64));
  });

  it('is linear, and every weight counts once', () => {
    const [a, b] = [vector(1000, 2), vector(1000, 3)];
    const [sa, sb, both] = [sketchOf(a, swarm(1)), sketchOf(b, swarm(1)), sketchOf(a.map((value, i) => value - b[i]), swarm(1))];
    for (let i = 0; i < both.length; i++) expect(both[i]).toBeCloseTo(sa[i] - sb[i], 4);
    const one = new Float32Array(1000);
    one[500] = 3;
    expect([...sketchOf(one, swarm(1))].filter((value) => value !== 0).map(Math.abs)).toEqual([3]);
  });

  it('shows how far twenty peers are from their mean, to a tenth', () => {
    const peers = Array.from({ length: 20 }, (_, i) => vector(5000, 100 + i));
    const mean = Float32Array.from({ length: 5000 }, (_, i) => peers.reduce((sum, peer) => sum + peer[i], 0) / 20);
    const truth = Math.sqrt(peers.reduce((sum, peer) => sum + norm2(peer.map((value, i) => value - mean[i])), 0) / 20);
    for (let i = 0; i < 10; i++) {
      const estimate = consensusDistance(peers.map((peer) => sketchOf(peer, swarm(i)))) ?? NaN;
      expect(Math.abs(estimate / truth - 1)).toBeLessThan(0.1);
    }
    const same = sketchOf(peers[0], swarm(0));
    expect(consensusDistance([same, same, same])).toBeCloseTo(0, 5);
    expect(consensusDistance([same])).toBeNull();
  });

  it('travels as 256 bytes, and is looked at when it arrives', async () => {
    const sketch = sketchOf(vector(100, 5), swarm(0));
    expect(decodeSketch(encodeSketch(sketch))).toEqual(sketch);
    expect((await thrownBy(() => decodeSketch(new Uint8Array(3)))).code).toBe('bad_message');
    expect((await thrownBy(() => decodeSketch(new Uint8Array(SKETCH_BYTES).fill(255)))).code).toBe('not_finite');
  });
});
