/** What every partitioner must satisfy: exported, so that a new one is tried by one line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import type { PartitionInput, PartitionPlan } from '../../simulations/partitioners/partitioner.ts';
import { partitionBy, PARTITIONERS, PartitionSpec, type PartitionSpecInput } from '../../simulations/partitioners/registry.ts';

const CLASSES = 5;
const OWNERS = 24;
/** Each label at least 40 times, in any order, each owner at least 8 times. */
const inputs = fc.record({ spare: fc.integer({ min: 0, max: 200 }), start: fc.integer() }).map(({ spare, start }): PartitionInput => {
  const random = createRandom(start);
  const size = CLASSES * 40 + spare;
  return {
    size, classes: CLASSES,
    labels: Int32Array.from({ length: size }, (_, i) => (i < CLASSES * 40 ? i % CLASSES : random.int(CLASSES))),
    owners: Int32Array.from({ length: size }, (_, i) => (i < OWNERS * 8 ? i % OWNERS : random.int(OWNERS))),
  };
});
const parts = fc.integer({ min: 3, max: 12 });
const seed = fc.integer();

const plain = (plan: PartitionPlan): unknown => ({ parts: plan.parts.map((part) => [...part]), transforms: plan.transforms ?? null });

/** @param example settings that the inputs above allow, with 3 to 12 parts. */
export function partitionerConformance(example: PartitionSpecInput): void {
  const spec = PartitionSpec.parse(example);

  describe(`partitioner ${JSON.stringify(example)}`, () => {
    it('stands in the registry once, under its name', () => {
      expect(PARTITIONERS.filter(({ name }) => name === spec.name)).toHaveLength(1);
    });

    it('puts every example into exactly one part, ascending, and nobody is left without', () => {
      fc.assert(
        fc.property(inputs, parts, seed, (input, count, s) => {
          const plan = partitionBy(spec, input, { parts: count, seed: s });
          expect(plan.parts).toHaveLength(count);
          const times = new Int32Array(input.size);
          for (const part of plan.parts) {
            expect(part).toBeInstanceOf(Int32Array);
            expect(part.length).toBeGreaterThan(0);
            expect(part.every((index, i) => i === 0 || part[i - 1] < index)).toBe(true);
            for (const index of part) times[index]++;
          }
          expect(times.every((count) => count === 1)).toBe(true);
          if (plan.transforms) expect(plan.transforms).toHaveLength(count);
        }),
        { numRuns: 50 },
      );
    });

    it('is decided by the seed, and by nothing else', () => {
      fc.assert(
        fc.property(inputs, parts, seed, (input, count, s) => {
          const deal = (start: number): unknown => plain(partitionBy(spec, input, { parts: count, seed: start }));
          const first = deal(s);
          // As a worker thread gets it: plain data in, plain data out.
          expect(plain(structuredClone(partitionBy(structuredClone(spec), structuredClone(input), { parts: count, seed: s })))).toEqual(first);
          expect(deal(s ^ 1)).not.toEqual(first);
        }),
        // Few parts of few shards can come out alike by chance; with these seeds they do not.
        { numRuns: 20, seed: 4 },
      );
    });

    it.each([0, -1, 1.5, Number.NaN])('refuses %d parts', (count) => {
      const input = { size: 30, classes: 3, labels: Int32Array.from({ length: 30 }, (_, i) => i % 3), owners: new Int32Array(30) };
      expect(() => partitionBy(spec, input, { parts: count, seed: 1 })).toThrow(expect.objectContaining({ code: 'bad_config', message: `parts is ${count}; a positive integer is needed` }));
    });

    it('refuses more parts than examples, and data that contradict themselves', () => {
      const labels = Int32Array.from({ length: 10 }, (_, i) => i % 2);
      const input = { size: 10, classes: 2, labels, owners: labels };
      const refusal = (wrong: Partial<PartitionInput>, count = 2): unknown => expect(() => partitionBy(spec, { ...input, ...wrong }, { parts: count, seed: 1 })).toThrow(expect.objectContaining({ code: 'bad_config' }));
      refusal({}, 11);
      refusal({ size: 11 });
      refusal({ classes: 1 });
      refusal({ labels: Float32Array.from(labels, (label) => label + 0.5) });
      refusal({ owners: new Int32Array(9) });
    });

    it('names a setting that it does not know', () => {
      const { success, error } = PartitionSpec.safeParse({ ...example, colour: 'green' });
      expect([success, error?.issues.map(({ code }) => code)]).toEqual([false, ['unrecognized_keys']]);
    });
  });
}
