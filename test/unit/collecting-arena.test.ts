/** Reports that are kept for a rule: in memory or in the journal, in fields of several kinds; and what is refused. */
import { describe, expect, it } from 'vitest';
import { createEdgeAggregator } from '../../client/edge/edge-aggregator.ts';
import { largestNormOf } from '../../shared/aggregation/registry.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { decodeAccumulator, encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { createCollectingArena } from '../../server/aggregation/collecting-arena.ts';
import { BLOCK_COLUMNS } from '../../server/aggregation/reported-vectors.ts';
import type { AggregatedSpec } from '../../server/aggregation/round-arena.ts';
import { createRoundArena } from '../../server/aggregation/create-round-arena.ts';
import type { JournalSegment } from '../../server/storage/journal.ts';
import { createReportJournal } from '../../server/storage/report-journal.ts';
import { createDiskOnFiles } from '../../server/storage/disk-on-files.ts';
import { createMemoryFiles } from '../../simulations/storage/memory-files.ts';
import { asDigest, asTaskId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { encodeReport } from '../../shared/statistics/report-frame.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import { aggregateWhole, arenaOf, idOf, schemaOf } from '../helpers/aggregate.ts';

const REPORTS = 7;
const SIZE = 2 * BLOCK_COLUMNS + 321;
const LAYOUT = asDigest('a'.repeat(64));
const noPause = (): Promise<void> => Promise.resolve();

const emptySegment = (): Promise<JournalSegment> =>
  createReportJournal(createDiskOnFiles(createMemoryFiles(), { temporaryName: () => 'new' })).open(asTaskId('toy'), 1, new Uint8Array(32).fill(7));

function drawnRows(): Float32Array[] {
  const random = createRandom(4);
  return Array.from({ length: REPORTS }, () => Float32Array.from({ length: SIZE }, () => random.next() - 0.5));
}

/** The reports in another order, with one that came too late and is not counted. */
async function journaled(rows: readonly Float32Array[]): Promise<JournalSegment> {
  const segment = await emptySegment();
  for (const n of [3, 0, 99, 6, 1, 5, 2, 4]) {
    const delta = rows[n] ?? new Float32Array(SIZE).fill(1000);
    await segment.append([encodeReport({ assignment: idOf(n), layout: LAYOUT, statistic: { weight: 1, fields: { delta, trainLoss: Float64Array.of(n) } } })]);
  }
  return segment;
}

describe('reports that do not fit into memory', () => {
  const RULES = ['median', 'trimmed-mean', 'krum', 'multi-krum', 'bulyan', 'geometric-median', 'norm-bound', 'centered-clipping'] as const;

  it.each(RULES)('come to the same bits by the rule %s, read from the journal some columns at a time', async (rule) => {
    const rows = drawnRows();
    const aggregation = { rule, attackers: 1 };
    const last = rows[0].map((value) => value / 2);
    const kept = await aggregateWhole(aggregation, rows, { last });
    // Room for the columns of one block, of three.
    const read = await aggregateWhole(aggregation, rows, { last, memoryBytes: 4 * REPORTS * BLOCK_COLUMNS, segment: await journaled(rows) });
    expect(read.merged).toEqual(kept.merged);
  });

  it('fail by name where one that counts is not in the journal', async () => {
    const rows = drawnRows();
    const segment = await emptySegment();
    await expect(aggregateWhole({ rule: 'median' }, rows, { memoryBytes: 1, segment })).rejects.toMatchObject({ code: 'storage_corrupt' });
  });

  it('are refused when the task is made, where they may not touch the disk either', () => {
    const spec = { aggregation: { rule: 'median', attackers: 0 }, round: { goal: 1000 }, privacy: { journal: false } } as AggregatedSpec;
    const schema: StatisticSchema = { fields: [{ name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [1_000_000] }], maxWeight: 1, maxNorm: null };
    expect(() => createRoundArena(spec, schema)).toThrow(expect.objectContaining({ code: 'incompatible', message: expect.stringMatching(/median must see all reports of a round: 1000 of them take 3815 MiB, 1024 are kept in memory/) as string }));
    expect(() => createRoundArena({ ...spec, privacy: { journal: true } }, schema)).not.toThrow();
    expect(() => createRoundArena({ ...spec, aggregation: { rule: 'mean' } }, schema)).not.toThrow();
  });
});

describe('fields', () => {
  it('of several vectors are one row to the rule, and a sum is the share of each times their number', async () => {
    const schema: StatisticSchema = {
      fields: [
        { name: 'a', monoid: 'weighted-mean', dtype: 'float32', shape: [2] }, { name: 'loss', monoid: 'max', dtype: 'float64', shape: [] },
        { name: 'b', monoid: 'sum', dtype: 'float32', shape: [3] }, { name: 'low', monoid: 'min', dtype: 'float32', shape: [2] },
        { name: 'scores', monoid: 'sum', dtype: 'float64', shape: [2], aside: true },
      ],
      maxWeight: 10, maxNorm: null,
    };
    const arena = createCollectingArena({ aggregation: { rule: 'median', attackers: 0 }, round: { goal: 3 }, privacy: { journal: true } } as AggregatedSpec, schema);
    const accumulator = arena.accumulator();
    [[1, 2, 3], [50, 60, 70], [4, 5, 6]].forEach(([x, y, z], n) =>
      accumulator.add({ weight: 1, fields: { a: Float32Array.of(x, -x), loss: Float64Array.of(x), b: Float32Array.of(x, y, z), low: Float32Array.of(y, z), scores: Float64Array.of(1, x) } }, idOf(n)));
    const { merged } = await arena.combined(accumulator, { segment: null, last: null, pause: noPause });
    expect(merged.fields).toEqual({ a: Float32Array.of(4, -4), b: Float64Array.of(12, 15, 18), loss: Float64Array.of(50), low: Float32Array.of(2, 3), scores: Float64Array.of(3, 55) });
  });
});

describe('an accumulator of reports that are kept', () => {
  it('takes no sums, counts nothing twice, and no more than its round', () => {
    const arena = arenaOf({ rule: 'median' }, 2, 2);
    const one = arena.accumulator();
    const statistic = { weight: 1, fields: { delta: Float32Array.of(1, 2), trainLoss: Float64Array.of(0) } };
    one.add(statistic, idOf(0));
    expect(arena.refusesSums).toMatch(/must see each report by itself/);
    expect(() => one.merge(arena.accumulator())).toThrow(expect.objectContaining({ code: 'incompatible' }));
    expect(() => one.add(statistic, idOf(0))).toThrow(expect.objectContaining({ code: 'overlapping_assignments' }));
    one.add(statistic, idOf(1));
    expect(() => one.add(statistic, idOf(2))).toThrow(expect.objectContaining({ code: 'internal' }));
    expect(one.contains).toEqual([idOf(0), idOf(1)]);
  });

  it('lends its memory anew when it is released, and what lay there before does not show', async () => {
    const arena = arenaOf({ rule: 'median' }, 3, 2);
    const come = async (...values: number[]): Promise<Float32Array> => {
      const accumulator = arena.accumulator();
      values.forEach((value, n) => accumulator.add({ weight: 1, fields: { delta: Float32Array.of(value, -value), trainLoss: Float64Array.of(0) } }, idOf(n)));
      const { merged } = await arena.combined(accumulator, { segment: null, last: null, pause: noPause });
      accumulator.release();
      return merged.fields.delta as Float32Array;
    };
    expect(await come(7, 8, 9)).toEqual(Float32Array.of(8, -8));
    expect(await come(1, 3)).toEqual(Float32Array.of(2, -2));
  });
});

describe('a norm that is given', () => {
  it('lets reports merge as they arrive, also through an aggregator that scales them down, and refuses a sum that was not', async () => {
    const arena = arenaOf({ rule: 'norm-bound', norm: 5 }, 3, 2);
    expect(arena.refusesSums).toBeNull();
    const below = createEdgeAggregator({ task: asTaskId('toy'), round: 1, layout: LAYOUT, schema: schemaOf(2), largestNorm: largestNormOf({ aggregation: { rule: 'norm-bound', norm: 5, attackers: 0 } }) });
    below.add(encodeReport({ assignment: idOf(0), layout: LAYOUT, statistic: { weight: 3, fields: { delta: Float32Array.of(-6, 8), trainLoss: Float64Array.of(0) } } }));
    const forwarded: Uint8Array[] = [];
    const link = { request: (_type: string, { frame }: { frame: Uint8Array }) => {
      forwarded.push(frame);
      return Promise.resolve({ outcome: 'accepted' });
    } } as never;
    await below.forward(link, { chunkBytes: 1 << 20, chunkWindow: 1 });
    const sum = decodeAccumulator(forwarded[0], arena.schema).accumulator;
    const all = arena.accumulator();
    const { statistic } = arena.admit({ weight: 1, fields: { delta: Float32Array.of(3, 4), trainLoss: Float64Array.of(0) } });
    all.add(statistic, idOf(1));
    all.merge(sum);
    const { merged } = await arena.combined(all, { segment: null, last: null, pause: noPause });
    // As when both report to the coordinator: (3 − 9) / 4 and (4 + 12) / 4.
    expect(merged.fields.delta).toEqual(Float32Array.of(-1.5, 4));
    const unscaled = createAccumulator(schemaOf(2));
    unscaled.add({ weight: 3, fields: { delta: Float32Array.of(-6, 8), trainLoss: Float64Array.of(0) } }, idOf(2));
    expect(() => decodeAccumulator(encodeAccumulator(unscaled, LAYOUT), arena.schema)).toThrow(expect.objectContaining({ code: 'norm_too_large' }));
  });
});
