/** What every `ReportJournal` promises while the power stays on. Crashes: `test/property/journal-crash.test.ts`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReportJournal } from '../../server/storage/report-journal.ts';
import type { JournalSegment, ReportJournal } from '../../server/storage/journal.ts';
import type { Disk } from '../../server/storage/disk.ts';
import { asTaskId } from '../../shared/ids.ts';

export interface JournalUnderTest {
  readonly disk: Disk;
  dispose(): Promise<void>;
}

const task = asTaskId('mnist');
const key = new Uint8Array(32).fill(7);
const code = (name: string): unknown => expect.objectContaining({ name: 'MurmurError', code: name });
const text = (value: string) => new TextEncoder().encode(value);
const path = 'journal/mnist/1.segment';

async function replayed(segment: JournalSegment): Promise<string[]> {
  const records: string[] = [];
  for await (const record of segment.replay()) records.push(new TextDecoder().decode(record));
  return records;
}

async function overwrite(disk: Disk, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await disk.writeAtomic(path, change(Uint8Array.from(await disk.read(path))));
}

export function journalConformance(name: string, create: () => Promise<JournalUnderTest>): void {
  describe(`journal: ${name}`, () => {
    let under: JournalUnderTest;
    let disk: Disk;
    let journal: ReportJournal;
    beforeEach(async () => {
      under = await create();
      disk = under.disk;
      journal = createReportJournal(disk);
    });
    afterEach(() => under.dispose());

    /** A segment with three records, closed. */
    async function written(): Promise<void> {
      const segment = await journal.open(task, 1, key);
      for (const record of ['one', 'two', 'three']) await segment.append([text(record)]);
      await segment.close();
    }

    it('replays what was appended, in order, before and after it is opened again', async () => {
      const segment = await journal.open(task, 1, key);
      expect(await replayed(segment)).toEqual([]);
      await Promise.all(['a', 'b', 'c'].map((record) => segment.append([text(record), text(''), text('!')])));
      await segment.append([]);
      expect(await replayed(segment)).toEqual(['a!', 'b!', 'c!', '']);
      await segment.close();
      const again = await journal.open(task, 1, key);
      await again.append([text('d')]);
      expect(await replayed(again)).toEqual(['a!', 'b!', 'c!', '', 'd']);
      await again.close();
    });

    it('keeps large records in their pieces, beyond any window of reading', async () => {
      const pieces = [300, 4_000_000, 1].map((length, n) => Uint8Array.from({ length }, (_, i) => (i * 31 + n) & 255));
      const segment = await journal.open(task, 1, key);
      await Promise.all([segment.append([text('before')]), segment.append(pieces), segment.append([text('after')])]);
      const records: Uint8Array[] = [];
      for await (const record of segment.replay()) records.push(record);
      expect(records.map(({ byteLength }) => byteLength)).toEqual([6, 4_000_301, 5]);
      expect(Buffer.compare(records[1], Buffer.concat(pieces))).toBe(0);
      await segment.close();
    });

    it('reads the pieces before append returns', async () => {
      const segment = await journal.open(task, 1, key);
      const piece = text('mine');
      const done = segment.append([piece]);
      piece.fill(0);
      await done;
      expect(await replayed(segment)).toEqual(['mine']);
      await segment.close();
    });

    it('shows nothing of a record to whoever reads the disk, and the same record never twice alike', async () => {
      const segment = await journal.open(task, 1, key);
      const secret = 'the weights of one edge, the weights of one edge';
      await segment.append([text(secret)]);
      await segment.append([text(secret)]);
      await segment.close();
      const bytes = Buffer.from(await disk.read(path));
      expect(bytes.includes(secret.slice(0, 12))).toBe(false);
      const record = 8 + 12 + secret.length + 16;
      const [one, two] = [bytes.subarray(-2 * record, -record), bytes.subarray(-record)];
      expect(one.subarray(20, 20 + secret.length).equals(two.subarray(20, 20 + secret.length))).toBe(false);
      expect(one.subarray(8, 20).equals(two.subarray(8, 20))).toBe(false);
    });

    it('is refused a wrong key, and keeps the records', async () => {
      await written();
      await expect(journal.open(task, 1, new Uint8Array(32).fill(8))).rejects.toEqual(code('storage_corrupt'));
      await expect(journal.open(task, 1, new Uint8Array(31))).rejects.toEqual(code('internal'));
      const segment = await journal.open(task, 1, key);
      expect(await replayed(segment)).toEqual(['one', 'two', 'three']);
      await segment.close();
    });

    it.each([1, 8, 40])('cuts off a tail that lost its last %i bytes, and goes on behind it', async (lost) => {
      await written();
      await overwrite(disk, (bytes) => bytes.subarray(0, bytes.byteLength - lost));
      const segment = await journal.open(task, 1, key);
      expect(await replayed(segment)).toEqual(['one', 'two']);
      await segment.append([text('four')]);
      expect(await replayed(segment)).toEqual(['one', 'two', 'four']);
      await segment.close();
      const again = await journal.open(task, 1, key);
      expect(await replayed(again)).toEqual(['one', 'two', 'four']);
      await again.close();
    });

    it.each([
      ['zeros', new Uint8Array(5000)],
      ['a length of 2^32 − 1', new Uint8Array(64).fill(255)],
      ['a length beyond the end', Uint8Array.from([200, 0, 0, 0, 1, 2, 3, 4, 5])],
      ['a lone byte', Uint8Array.from([7])],
    ])('cuts off a tail of %s', async (_what, tail) => {
      await written();
      const before = (await disk.read(path)).byteLength;
      await overwrite(disk, (bytes) => Buffer.concat([bytes, tail]));
      const segment = await journal.open(task, 1, key);
      expect(await replayed(segment)).toEqual(['one', 'two', 'three']);
      expect((await disk.read(path)).byteLength).toBe(before);
      await segment.close();
    });

    it('says which bytes it cut off', async () => {
      await written();
      const whole = (await disk.read(path)).byteLength;
      await overwrite(disk, (bytes) => bytes.subarray(0, bytes.byteLength - 1));
      const heard: object[] = [];
      const logger = { debug: () => undefined, info: () => undefined, error: () => undefined, warn: (fields: object) => void heard.push(fields) };
      const segment = await createReportJournal(disk, { logger }).open(task, 1, key);
      const last = 8 + 12 + 'three'.length + 16;
      expect(heard).toEqual([{ task, round: 1, offset: whole - last, bytes: last - 1 }]);
      await segment.close();
    });

    it('ends at a garbled record', async () => {
      await written();
      await overwrite(disk, (bytes) => {
        bytes[bytes.byteLength - 1] ^= 1;
        return bytes;
      });
      const segment = await journal.open(task, 1, key);
      expect(await replayed(segment)).toEqual(['one', 'two']);
      await segment.close();
    });

    it('refuses a damaged header and cuts nothing', async () => {
      await written();
      for (const at of [0, 12, 20]) {
        const flip = (bytes: Uint8Array): Uint8Array => {
          bytes[at] ^= 1;
          return bytes;
        };
        await overwrite(disk, flip);
        await expect(journal.open(task, 1, key)).rejects.toEqual(code('storage_corrupt'));
        await overwrite(disk, flip);
      }
      const segment = await journal.open(task, 1, key);
      expect(await replayed(segment)).toEqual(['one', 'two', 'three']);
      await segment.close();
    });

    it('refuses another round’s segment under this one’s name', async () => {
      await written();
      await disk.writeAtomic('journal/mnist/2.segment', await disk.read(path));
      await expect(journal.open(task, 2, key)).rejects.toEqual(code('storage_corrupt'));
    });

    it('is open once at a time', async () => {
      const segment = await journal.open(task, 1, key);
      await expect(journal.open(task, 1, key)).rejects.toEqual(code('conflict'));
      const other = await journal.open(task, 2, key);
      await segment.close();
      await segment.close();
      await (await journal.open(task, 1, key)).close();
      await other.close();
    });

    it('writes what waits before it closes, and nothing after', async () => {
      const segment = await journal.open(task, 1, key);
      const waiting = segment.append([text('last')]);
      const closing = segment.close();
      await expect(segment.append([text('too late')])).rejects.toEqual(code('unavailable'));
      await Promise.all([waiting, closing]);
      await expect(replayed(segment)).rejects.toEqual(code('unavailable'));
      const again = await journal.open(task, 1, key);
      expect(await replayed(again)).toEqual(['last']);
      await again.close();
    });

    it('ends a round by removing its segment, open or not, there or not', async () => {
      await written();
      await journal.end(task, 1);
      expect(await journal.list(task)).toEqual([]);
      await journal.end(task, 1);
      const segment = await journal.open(task, 1, new Uint8Array(32).fill(9));
      await segment.append([text('x')]);
      await journal.end(task, 1);
      await expect(segment.append([text('y')])).rejects.toEqual(code('unavailable'));
      expect(await disk.exists(path)).toBe(false);
      await journal.end(asTaskId('none'), 3);
    });

    it('lists the rounds that left a segment, by number', async () => {
      expect(await journal.list(task)).toEqual([]);
      for (const round of [10, 9, 100]) await (await journal.open(task, round, key)).close();
      await (await journal.open(asTaskId('other'), 1, key)).close();
      expect(await journal.list(task)).toEqual([9, 10, 100]);
    });
  });
}
