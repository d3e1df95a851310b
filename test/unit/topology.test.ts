/** Graphs by what they are, and how fast they agree by closed forms. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { mix, mixingsOf } from '../../shared/topology/mixing.ts';
import { buildGraph, type TopologySpec } from '../../shared/topology/registry.ts';
import { agreementOf, roundsToShrink } from '../../shared/topology/spectral-gap.ts';
import { linksAt, type Graph } from '../../shared/topology/topology.ts';
import { thrownBy } from '../helpers/thrown.ts';

const build = (spec: TopologySpec, peers: number, seed = 1): Graph => buildGraph(spec, peers, createRandom(seed));
const contractionOf = (spec: TopologySpec, peers: number): number => agreementOf(build(spec, peers)).contraction;

describe('graphs', () => {
  it('are what their names say', () => {
    expect(build({ name: 'ring' }, 4).rounds).toEqual([[[1, 3], [0, 2], [1, 3], [0, 2]]]);
    expect(build({ name: 'ring' }, 2).rounds).toEqual([[[1], [0]]]);
    expect(build({ name: 'star' }, 4).rounds).toEqual([[[1, 2, 3], [0], [0], [0]]]);
    expect(build({ name: 'complete' }, 3).rounds).toEqual([[[1, 2], [0, 2], [0, 1]]]);
    // 0 1 2 / 3 4 5 / 6 7 8
    expect(build({ name: 'torus' }, 9).rounds[0][4]).toEqual([1, 3, 5, 7]);
    expect(build({ name: 'torus' }, 9).rounds[0][0]).toEqual([1, 2, 3, 6]);
    expect(build({ name: 'torus', rows: 2 }, 8).rounds[0][0]).toEqual([1, 3, 4]);
    expect(build({ name: 'edges', edges: [[0, 1], [1, 2], [1, 0]] }, 3).rounds).toEqual([[[1], [0, 2], [1]]]);
    const exponential = build({ name: 'exponential' }, 8);
    expect(exponential.directed).toBe(true);
    expect(exponential.rounds.map((links) => links[7])).toEqual([[0], [1], [3]]);
    expect(linksAt(exponential, 4)).toBe(exponential.rounds[1]);
  });

  it('that are drawn hang on the seed, and are regular', () => {
    const graph = build({ name: 'random-regular' }, 100, 7);
    expect(build({ name: 'random-regular' }, 100, 7)).toEqual(graph);
    expect(build({ name: 'random-regular' }, 100, 8)).not.toEqual(graph);
    for (const to of graph.rounds[0]) expect(to).toHaveLength(4);
  });

  it('reaches each pair of 6 peers with 3 neighbours about as often as any other', () => {
    // 4,000 draws, each pair linked with probability 3/5: 2,400 ± 31; five deviations either way go wrong once in 10⁵ for 15 pairs.
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 4000; seed++) {
      build({ name: 'random-regular', degree: 3 }, 6, seed).rounds[0].forEach((to, from) => to.forEach((peer) => from < peer && counts.set(`${from} ${peer}`, (counts.get(`${from} ${peer}`) ?? 0) + 1)));
    }
    expect(counts.size).toBe(15);
    for (const count of counts.values()) expect(Math.abs(count - 2400)).toBeLessThan(155);
  });

  it('are refused where they cannot be, with what is wrong', async () => {
    for (const [spec, peers, said] of [
      [{ name: 'torus' }, 7, 'prime'],
      [{ name: 'torus', rows: 3 }, 8, '3 rows'],
      [{ name: 'random-regular', degree: 3 }, 5, 'even number'],
      [{ name: 'random-regular', degree: 5 }, 5, 'fewer than 5'],
      [{ name: 'random-regular', degree: 1 }, 6, 'two or more'],
      [{ name: 'random-regular', degree: 0 }, 6, 'degree'],
      [{ name: 'edges', edges: [[0, 1], [2, 3]] }, 4, 'falls apart'],
      [{ name: 'edges', edges: [[0, 1], [1, 4]] }, 4, 'edges.1'],
      [{ name: 'ring', rows: 2 }, 4, 'rows'],
      [{ name: 'ring' }, 1, 'two peers'],
      [{ name: 'moebius' }, 4, 'random-regular'],
    ] as const) {
      const thrown = await thrownBy(() => build(spec, peers));
      expect(thrown.code).toBe('bad_config');
      expect(thrown.message).toContain(said);
    }
  });
});

describe('agreement', () => {
  it('on a ring is that of its circulant', () => {
    // Eigenvalues (1 + 2 cos(2πk/n)) / 3.
    for (const n of [3, 4, 5, 16, 99, 400]) {
      const values = Array.from({ length: n - 1 }, (_, k) => Math.abs(1 + 2 * Math.cos((2 * Math.PI * (k + 1)) / n)) / 3);
      expect(contractionOf({ name: 'ring' }, n)).toBeCloseTo(Math.max(...values), 9);
    }
  });

  it('on a torus is that of its two rings', () => {
    for (const [rows, columns] of [[3, 3], [4, 5], [10, 10]]) {
      let most = 0;
      for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) if (i + j > 0) most = Math.max(most, Math.abs(1 + 2 * Math.cos((2 * Math.PI * i) / rows) + 2 * Math.cos((2 * Math.PI * j) / columns)) / 5);
      expect(contractionOf({ name: 'torus', rows }, rows * columns)).toBeCloseTo(most, 9);
    }
  });

  it('on a star leaves 1/n a round, on a complete graph comes at once', () => {
    expect(contractionOf({ name: 'star' }, 10)).toBeCloseTo(0.9, 9);
    expect(contractionOf({ name: 'complete' }, 10)).toBeCloseTo(0, 9);
    expect(contractionOf({ name: 'ring' }, 2)).toBeCloseTo(0, 9);
    expect(roundsToShrink(agreementOf(build({ name: 'complete' }, 10)), 1e-6)).toBe(1);
  });

  it('on the exponential graph is exact after log₂ n rounds where n is a power of two', () => {
    expect(contractionOf({ name: 'exponential' }, 16)).toBeCloseTo(0, 9);
    const graph = build({ name: 'exponential' }, 16);
    let values = Float64Array.from({ length: 16 }, (_, i) => i * i);
    for (const mixing of mixingsOf(graph)) values = mix(mixing, values);
    for (const value of values) expect(value).toBeCloseTo(1240 / 16, 12);
    expect(contractionOf({ name: 'exponential' }, 12)).toBeGreaterThan(0.1);
  });

  it('is faster on an expander than on a torus, and there than on a ring; the rounds to it follow', () => {
    const [ring, torus, regular] = [{ name: 'ring' }, { name: 'torus' }, { name: 'random-regular' }].map((spec) => agreementOf(build(spec, 100)));
    expect(ring.gap).toBeLessThan(torus.gap);
    expect(torus.gap).toBeLessThan(regular.gap);
    // Friedman 2008: nearly all have |λ₂| of the adjacency near 2√(d − 1); with the own weight 1/5: (1 + 2√3)/5 = 0.893.
    expect(regular.contraction).toBeLessThan(0.95);
    expect(roundsToShrink(ring, 0.01)).toBe(Math.ceil(Math.log(0.01) / Math.log(ring.contraction)));
    expect(roundsToShrink({ contraction: 1, gap: 0 }, 0.01)).toBe(Infinity);
  });
});
