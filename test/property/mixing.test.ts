/** Whatever the graph: mixing is doubly stochastic, keeps the mean, and shrinks the distance to it as its spectral gap says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { mix, mixBack, mixingsOf } from '../../shared/topology/mixing.ts';
import { buildGraph } from '../../shared/topology/registry.ts';
import { agreementOf } from '../../shared/topology/spectral-gap.ts';
import { isConnected, sendersIn, type Graph } from '../../shared/topology/topology.ts';

const seed = fc.nat();

/** Graphs of every kind, of sizes that each of them has. */
const graphs: fc.Arbitrary<Graph> = fc.oneof(
  fc.record({ name: fc.constantFrom('ring', 'complete', 'star', 'exponential'), peers: fc.integer({ min: 2, max: 40 }) }).map(({ name, peers }) => buildGraph({ name }, peers, createRandom(1))),
  fc.record({ rows: fc.integer({ min: 2, max: 6 }), columns: fc.integer({ min: 2, max: 6 }) }).map(({ rows, columns }) => buildGraph({ name: 'torus', rows }, rows * columns, createRandom(1))),
  fc.record({ degree: fc.integer({ min: 2, max: 6 }), peers: fc.integer({ min: 8, max: 40 }), seed }).map((drawn) => buildGraph({ name: 'random-regular', degree: drawn.degree }, drawn.peers + (drawn.peers * drawn.degree) % 2, createRandom(drawn.seed))),
  // A path, and some links more.
  fc.record({ peers: fc.integer({ min: 2, max: 30 }), more: fc.array(fc.tuple(fc.nat(29), fc.nat(29))) }).map(({ peers, more }) => {
    const edges = [...Array.from({ length: peers - 1 }, (_, i) => [i, i + 1]), ...more.filter(([a, b]) => a !== b && a < peers && b < peers)];
    return buildGraph({ name: 'edges', edges }, peers, createRandom(1));
  }),
);

const lengthOf = (values: Float64Array): number => Math.hypot(...values);
const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

describe('mixing over any graph', () => {
  it('is over a connected graph without loops, both ways where it says so', () => {
    fc.assert(fc.property(graphs, (graph) => {
      expect(isConnected(graph)).toBe(true);
      for (const links of graph.rounds) {
        links.forEach((to, peer) => {
          expect(to).not.toContain(peer);
          expect(new Set(to).size).toBe(to.length);
        });
        if (!graph.directed) expect(sendersIn(links)).toEqual(links);
      }
    }));
  });

  it('has rows and columns that sum to 1, and no negative weight', () => {
    fc.assert(fc.property(graphs, (graph) => {
      for (const mixing of mixingsOf(graph)) {
        const ones = new Float64Array(graph.peers).fill(1);
        for (const value of [...mix(mixing, ones), ...mixBack(mixing, ones)]) expect(value).toBeCloseTo(1, 12);
        for (const { own, weights } of mixing) for (const weight of [own, ...weights]) expect(weight).toBeGreaterThanOrEqual(0);
      }
    }));
  });

  it('keeps the mean, and brings all nearer to it by its contraction at least over a period', () => {
    fc.assert(fc.property(graphs, seed, (graph, drawn) => {
      const random = createRandom(drawn);
      const raw = Float64Array.from({ length: graph.peers }, () => random.normal());
      const start = raw.map((value) => value - sumOf(raw) / graph.peers);
      const mixings = mixingsOf(graph);
      const { contraction } = agreementOf(graph);
      const end = mixings.reduce((values, mixing) => mix(mixing, values), start);
      expect(sumOf(end)).toBeCloseTo(0, 9);
      expect(lengthOf(end)).toBeLessThanOrEqual(contraction ** mixings.length * lengthOf(start) * (1 + 1e-6) + 1e-9);
    }));
  });

  it('shrinks in the long run no faster than its contraction says: the estimate is not too careful', () => {
    fc.assert(fc.property(graphs, (graph) => {
      const mixings = mixingsOf(graph);
      const { contraction } = agreementOf(graph);
      fc.pre(contraction > 0.05 && graph.peers > 2);
      // By the power method on PᵀP, from below.
      const random = createRandom(3);
      let values = Float64Array.from({ length: graph.peers }, () => random.normal());
      let growth = 0;
      for (let i = 0; i < 3000; i++) {
        const mean = sumOf(values) / graph.peers;
        values = values.map((value) => value - mean);
        const before = lengthOf(values);
        values = values.map((value) => value / before);
        const there = mixings.reduce((now, mixing) => mix(mixing, now), values);
        growth = lengthOf(there) ** (1 / mixings.length);
        values = mixings.reduceRight((now, mixing) => mixBack(mixing, now), there);
      }
      expect(growth).toBeLessThanOrEqual(contraction * (1 + 1e-6));
      expect(growth).toBeGreaterThan(contraction * (1 - 1e-3));
    }), { numRuns: 25 });
  });
});
