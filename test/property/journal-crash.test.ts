/**
 * The power goes out or the process is killed at any step of the disk, again and again: every append that resolved is replayed, in order;
 * one that did not may or may not be; none twice, none garbled.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReportJournal } from '../../server/storage/report-journal.ts';
import type { JournalSegment } from '../../server/storage/journal.ts';
import { asTaskId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../../simulations/faults/simulated-disk.ts';

const task = asTaskId('mnist');
const key = new Uint8Array(32).fill(1);

/** A record tells its number and is long enough to be torn. */
const record = (n: number, length: number): Uint8Array[] => [new TextEncoder().encode(`${n}:`), new Uint8Array(length).fill(n & 255)];
function numberOf(payload: Uint8Array): number {
  const colon = payload.indexOf(':'.charCodeAt(0));
  const n = Number(new TextDecoder().decode(payload.subarray(0, colon)));
  const rest = payload.subarray(colon + 1);
  if (!Number.isInteger(n) || rest.some((byte) => byte !== (n & 255))) throw new Error('a garbled record was replayed');
  return n;
}

interface Life {
  /** Sizes of the appends; those of one inner list are made in the same turn. */
  readonly bursts: readonly (readonly number[])[];
  /** How it ends: a killed process leaves what it wrote in the system's memory. */
  readonly end: 'crash' | 'kill';
  /** The step of the disk at which it ends; one past the last ends it after the last append. */
  readonly endAt: number;
  /** A step before it that fails, as a disk does that is ill. */
  readonly fault: { readonly step: 'write' | 'sync' | 'truncate' | 'open' | 'rename'; readonly at: number } | null;
}

const life: fc.Arbitrary<Life> = fc.record({
  bursts: fc.array(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 4 }), { maxLength: 6 }),
  end: fc.constantFrom('crash', 'kill'),
  endAt: fc.integer({ min: 1, max: 60 }),
  fault: fc.option(fc.record({ step: fc.constantFrom('write', 'sync', 'truncate', 'open', 'rename'), at: fc.integer({ min: 1, max: 40 }) })),
});

describe('journal crashes', () => {
  it('lose nothing that was acknowledged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(life, { minLength: 1, maxLength: 4 }), async (seed, lives) => {
        let disk: SimulatedDisk = createSimulatedDisk({ random: createRandom(seed) });
        let next = 0;
        /** What must be there, in order; and what else may be. */
        let certain: number[] = [];
        const possible = new Set<number>();

        /** Whatever was replayed once stays: whoever saw it answers for it. */
        async function check(segment: JournalSegment): Promise<void> {
          const found: number[] = [];
          for await (const payload of segment.replay()) found.push(numberOf(payload));
          expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
          expect(certain.filter((n) => !found.includes(n))).toEqual([]);
          for (const n of found) expect(possible.has(n)).toBe(true);
          certain = found;
        }

        for (const { bursts, end, endAt, fault } of lives) {
          let after: SimulatedDisk | null = null;
          let steps = 0;
          const running = disk;
          running.watch(() => {
            steps++;
            if (steps === fault?.at) running.failNext(fault.step);
            if (steps === endAt) after = running[end]();
          });
          try {
            const segment = await createReportJournal(running).open(task, 1, key);
            await check(segment);
            for (const burst of bursts) {
              const appends = burst.map(async (length) => {
                const n = next++;
                possible.add(n);
                await segment.append(record(n, length));
                certain.push(n);
              });
              await Promise.allSettled(appends);
            }
          } catch (thrown) {
            // The open or its replay was cut off; anything but a failing disk is a finding.
            expect(thrown).toEqual(expect.objectContaining({ code: 'storage_failed' }));
          }
          running.watch(null);
          disk = after ?? running[end]();
        }

        const segment = await createReportJournal(disk).open(task, 1, key);
        await check(segment);
        await segment.append(record(next, 10));
        possible.add(next);
        certain.push(next);
        await check(segment);
        await segment.close();
      }),
      {
        numRuns: Number(process.env.JOURNAL_RUNS ?? 400),
        // A sync that failed before the process was killed: what its successor reads is in memory alone, and no sync of its own writes it.
        examples: [[0, [{ bursts: [[0]], end: 'kill', endAt: 18, fault: { step: 'sync', at: 10 } }, { bursts: [], end: 'crash', endAt: 13, fault: null }]]],
      },
    );
  });

  it('happen in the runs above at every kind of step', async () => {
    // A property that never reached the torn tail would pass as well: count what crashes do to one.
    const fates = { lost: 0, torn: 0, whole: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const disk = createSimulatedDisk({ random: createRandom(seed) });
      const segment = await createReportJournal(disk).open(task, 1, key);
      await segment.append(record(0, 50));
      const durable = (await disk.read('journal/mnist/1.segment')).byteLength;
      let after: SimulatedDisk | null = null;
      disk.watch((step) => {
        if (step === 'sync') after = disk.crash();
      });
      await expect(segment.append(record(1, 50))).rejects.toEqual(expect.objectContaining({ code: 'storage_failed' }));
      const found: SimulatedDisk = after ?? disk;
      const size = (await found.read('journal/mnist/1.segment')).byteLength;
      const again = await createReportJournal(found).open(task, 1, key);
      const numbers: number[] = [];
      for await (const payload of again.replay()) numbers.push(numberOf(payload));
      if (numbers.length === 2) fates.whole++;
      else if (size === durable) fates.lost++;
      else fates.torn++;
      expect(numbers.slice(0, 1)).toEqual([0]);
    }
    expect(Math.min(fates.lost, fates.torn, fates.whole)).toBeGreaterThan(20);
  });
});
