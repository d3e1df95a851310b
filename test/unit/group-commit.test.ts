import { beforeEach, describe, expect, it } from 'vitest';
import { createReportJournal } from '../../server/storage/report-journal.ts';
import type { JournalSegment } from '../../server/storage/journal.ts';
import { asTaskId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../../simulations/faults/simulated-disk.ts';

const task = asTaskId('mnist');
const key = new Uint8Array(32);
const text = (value: string): Uint8Array[] => [new TextEncoder().encode(value)];
const failed = expect.objectContaining({ code: 'storage_failed' }) as unknown;

async function replayed(segment: JournalSegment): Promise<string[]> {
  const records: string[] = [];
  for await (const record of segment.replay()) records.push(new TextDecoder().decode(record));
  return records;
}

describe('group commit', () => {
  let disk: SimulatedDisk;
  let segment: JournalSegment;
  let before: SimulatedDisk['counts'];
  beforeEach(async () => {
    disk = createSimulatedDisk({ random: createRandom(1) });
    segment = await createReportJournal(disk).open(task, 1, key);
    before = { ...disk.counts };
  });

  const taken = (step: 'write' | 'sync'): number => disk.counts[step] - before[step];

  it('writes and syncs once for all that append in one turn', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((record) => segment.append(text(record))));
    expect([taken('write'), taken('sync')]).toEqual([1, 1]);
  });

  it('gathers the next group while the one before is synced', async () => {
    const later: Promise<void>[] = [];
    disk.watch((step) => {
      if (step === 'sync' && later.length === 0) later.push(...['b', 'c', 'd'].map((record) => segment.append(text(record))));
    });
    await segment.append(text('a'));
    await Promise.all(later);
    expect([taken('write'), taken('sync')]).toEqual([2, 2]);
    expect(await replayed(segment)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('resolves no append before the sync', async () => {
    const order: string[] = [];
    disk.watch((step) => order.push(step));
    await segment.append(text('a')).then(() => order.push('resolved'));
    expect(order).toEqual(['write', 'sync', 'resolved']);
  });

  it('rejects exactly the group that failed, and cuts it off', async () => {
    await segment.append(text('a'));
    const later: Promise<void>[] = [];
    disk.watch((step) => {
      if (step !== 'sync' || later.length > 0) return;
      disk.failNext('sync');
      later.push(segment.append(text('d')));
    });
    const outcomes = await Promise.allSettled([segment.append(text('b')), segment.append(text('c'))]);
    expect(outcomes).toEqual([
      { status: 'rejected', reason: failed },
      { status: 'rejected', reason: failed },
    ]);
    await Promise.all(later);
    expect(await replayed(segment)).toEqual(['a', 'd']);
    // The pages of the failed sync are never written by a later one: only cutting them off keeps what follows safe.
    const again = await createReportJournal(disk.crash()).open(task, 1, key);
    expect(await replayed(again)).toEqual(['a', 'd']);
  });

  it('refuses while the disk is full, and goes on when there is space', async () => {
    await segment.append(text('a'));
    const size = (await disk.read('journal/mnist/1.segment')).byteLength;
    disk.fill(20);
    await expect(segment.append(text('b'))).rejects.toThrow(/1\.segment: the disk is full/);
    expect((await disk.read('journal/mnist/1.segment')).byteLength).toBe(size);
    await expect(segment.append(text('c'))).rejects.toEqual(failed);
    disk.free();
    await segment.append(text('d'));
    expect(await replayed(segment)).toEqual(['a', 'd']);
  });

  it('mends the file later where it could not be cut at once', async () => {
    await segment.append(text('a'));
    disk.failNext('write');
    disk.failNext('truncate');
    disk.failNext('truncate');
    await expect(segment.append(text('b'))).rejects.toEqual(failed);
    await expect(segment.append(text('c'))).rejects.toEqual(failed);
    await segment.append(text('d'));
    expect(await replayed(segment)).toEqual(['a', 'd']);
    await segment.close();
  });

  it('closes quietly after a failure that nobody mended', async () => {
    disk.failNext('write');
    disk.failNext('truncate');
    await expect(segment.append(text('a'))).rejects.toEqual(failed);
    await segment.close();
    const again = await createReportJournal(disk).open(task, 1, key);
    expect(await replayed(again)).toEqual([]);
  });
});
