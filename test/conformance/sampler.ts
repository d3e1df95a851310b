/** What every sampler must satisfy: exported, so that a new one is tried by one line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import type { Sample, SampleInput, Sampler } from '../../shared/selection/sampler.ts';
import { arbitraryPopulation, candidate, drawContext, edgeNumber } from '../helpers/candidates.ts';

/** @param settings beside its name, as an author writes them */
export function samplerConformance(sampler: Sampler, settings: object): void {
  describe(`sampler ${sampler.name} with ${JSON.stringify(settings)}`, () => {
    const parsed = sampler.settings.parse({ name: sampler.name, ...settings });
    const first = sampler.memory === null ? null : sampler.memory.parse({});
    const draw = (input: Omit<SampleInput<unknown>, 'settings'>): Sample => sampler.draw({ ...input, settings: parsed });

    it('has settings that are strict and read their own output, its name among them', () => {
      expect(parsed).toMatchObject({ name: sampler.name });
      expect(sampler.settings.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
      expect(sampler.settings.safeParse({ name: sampler.name, ...settings, misspelt: 1 }).success).toBe(false);
    });

    it('chooses as many different candidates as it is asked for, or all; the same for the same seed and memory; and remembers plain JSON', () => {
      const weight = fc.constantFrom(0, 0.001, 0.5, 1);
      fc.assert(fc.property(arbitraryPopulation, fc.option(fc.array(weight, { minLength: 30, maxLength: 30 })), fc.integer({ min: 0, max: 40 }), fc.integer(), ({ candidates, context }, drawn, count, seed) => {
        const weights = drawn && Float64Array.from(candidates, (_, i) => drawn[i]);
        let memory: unknown = first;
        for (let round = context.round; round < context.round + 4; round++) {
          const input = { candidates, count, weights, memory, context: { ...context, round } };
          const sample = draw({ ...input, random: createRandom(seed) });
          expect(new Set(sample.chosen).size).toBe(sample.chosen.length);
          expect(sample.chosen).toHaveLength(Math.min(count, candidates.length));
          expect(sample.chosen.every((position) => Number.isInteger(position) && position >= 0 && position < candidates.length)).toBe(true);
          const again = draw({ ...input, random: createRandom(seed) });
          expect([again.chosen, again.memory, again.how]).toEqual([sample.chosen, sample.memory, sample.how]);
          for (const position of candidates.keys()) {
            const facts = sample.factsOf(position);
            expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
            if (facts.probability != null) expect(facts.probability >= 0 && facts.probability <= 1 + 1e-12).toBe(true);
          }
          expect(JSON.parse(JSON.stringify(sample.memory))).toEqual(sample.memory);
          memory = sampler.memory === null ? null : sampler.memory.parse(JSON.parse(JSON.stringify(sample.memory)));
        }
      }), { numRuns: 60, seed: 2 });
    });

    it('chooses as often as it says, where it says how likely each was', () => {
      const candidates = Array.from({ length: 12 }, (_, i) => candidate({ edge: edgeNumber(i), capabilities: { platform: 'node', backend: i < 4 ? 'cpu' : 'wasm', stepsPerSecond: 10 * (i + 1) } }));
      const weights = sampler.scores === 'ignored' ? null : Float64Array.from(candidates, (_, i) => 1 / (i + 1));
      const DRAWS = 2500;
      const chosen = new Array<number>(12).fill(0);
      // Said draw by draw: they may depend on a lot that was drawn before (who explores, which tier).
      const said = new Array<number>(12).fill(0);
      const variance = new Array<number>(12).fill(0);
      let isSaid = true;
      for (let seed = 0; seed < DRAWS; seed++) {
        const sample = draw({ candidates, count: 2, weights, memory: first, context: drawContext(), random: createRandom(seed) });
        for (const position of sample.chosen) chosen[position]++;
        for (const position of candidates.keys()) {
          const { probability } = sample.factsOf(position);
          isSaid &&= probability != null;
          said[position] += probability ?? 0;
          variance[position] += (probability ?? 0) * (1 - (probability ?? 0));
        }
      }
      if (!isSaid) return;
      expect(said.reduce((sum, value) => sum + value)).toBeCloseTo(2 * DRAWS, 6);
      // Normal approximation, 12 edges: |z| > 5.3 has the probability 12 · 1.2e-7 < 2e-6.
      for (const position of candidates.keys()) expect(Math.abs(chosen[position] - said[position])).toBeLessThanOrEqual(5.3 * Math.sqrt(variance[position]) + 1e-6);
    });
  });
}
