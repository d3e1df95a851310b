/** Event files byte by byte, against what was worked out by hand and against published check values. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from '../../server/observability/tensorboard/crc32c.ts';
import { eventFileName, openEventWriter } from '../../server/observability/tensorboard/event-file.ts';
import { createEventWriter, type EventSink } from '../../server/observability/tensorboard/event-writer.ts';
import { fileVersionEvent, scalarEvent, sessionStartEvent } from '../../server/observability/tensorboard/event.ts';
import { encodeRecord } from '../../server/observability/tensorboard/record.ts';
import { createNodeDisk } from '../../server/storage/node-disk.ts';
import { MurmurError } from '../../shared/errors.ts';
import { thrownBy } from '../helpers/thrown.ts';

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => Buffer.from(text.replace(/\s/g, ''), 'hex');

describe('crc32c', () => {
  it('has the check value of CRC-32C, and those of RFC 3720 (B.4)', () => {
    expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(0))).toBe(0);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  it('is masked by a turn and a constant', () => {
    // 0xe3069283 turned right by 15 bits is 0x2507c60d; and 0x2507c60d + 0xa282ead8 = 0xc78ab0e5.
    expect(maskedCrc32c(ascii('123456789'))).toBe(0xc78ab0e5);
  });
});

describe('events', () => {
  it('begin with a file version', () => {
    // 1.5 as a double is 0x3ff8 and zeros; 1a 0d: field 3, 13 bytes.
    expect(hex(fileVersionEvent(1.5))).toBe(hex(bytesOf(`09 000000000000f83f 1a0d ${hex(ascii('brain.Event:2'))}`)));
  });

  it('hold a scalar', () => {
    // Value: 0a 04 `loss`, 15 and the float 0.25 = 0x3e800000; 11 bytes. Summary: 0a 0b and that; 13 bytes. Step 300 = 2·128 + 44: ac 02.
    expect(hex(scalarEvent(1.5, 300, { tag: 'loss', value: 0.25 }))).toBe(hex(bytesOf('09 000000000000f83f 10 ac02 2a0d 0a0b 0a04 6c6f7373 15 0000803e')));
  });

  it('leave step 0 out, and hold one beyond 32 bits', () => {
    expect(hex(scalarEvent(1.5, 0, { tag: 'a', value: 1 }))).toBe(hex(bytesOf('09 000000000000f83f 2a0a 0a08 0a0161 15 0000803f')));
    // 2^40 = 32 · (2^7)^5: five groups of zeros, then 32.
    expect(hex(sessionStartEvent(1.5, 2 ** 40))).toBe(hex(bytesOf('09 000000000000f83f 10 8080808080 20 3a02 0801')));
  });

  it('refuse what is no step', () => {
    for (const step of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => scalarEvent(1, step, { tag: 'a', value: 1 })).toThrow(/is no step/);
  });
});

describe('records', () => {
  it('are framed by length and two checksums', () => {
    const record = encodeRecord(fileVersionEvent(0));
    // The first twelve bytes of every event file there is: 24 bytes follow, and the masked checksum of that length.
    expect(hex(record.subarray(0, 12))).toBe('1800000000000000a37f4b22');
    expect(record.byteLength).toBe(12 + 24 + 4);
    const whole = encodeRecord(ascii('123456789'));
    expect(hex(whole.subarray(12))).toBe(`${hex(ascii('123456789'))}e5b08ac7`);
  });
});

describe('createEventWriter', () => {
  const clock = { now: () => 1500 };
  const head = [encodeRecord(fileVersionEvent(1.5)), encodeRecord(sessionStartEvent(1.5, 7))];

  function memorySink(): EventSink & { readonly bytes: () => string; full: boolean; closed: number } {
    const pieces: Uint8Array[] = [];
    return {
      full: false, closed: 0,
      bytes: () => hex(Buffer.concat(pieces)),
      async append(more) {
        if (this.full) throw new MurmurError('storage_failed', 'the disk is full');
        pieces.push(...more);
      },
      async close() {
        this.closed++;
      },
    };
  }

  it('writes what was noted, in order, at each flush', async () => {
    const sink = memorySink();
    const writer = createEventWriter(sink, clock, { firstStep: 7 });
    writer.scalar('loss', 7, 0.25);
    expect(sink.bytes()).toBe('');
    const first = writer.flush();
    writer.scalar('loss', 8, 0.125, 3);
    await first;
    await writer.flush();
    await writer.close();
    await writer.close();
    expect(sink.bytes()).toBe(hex(Buffer.concat([...head, encodeRecord(scalarEvent(1.5, 7, { tag: 'loss', value: 0.25 })), encodeRecord(scalarEvent(3, 8, { tag: 'loss', value: 0.125 }))])));
    expect(sink.closed).toBe(1);
    expect(() => writer.scalar('loss', 9, 0)).toThrow(/comes too late/);
  });

  it('writes nothing behind an append that failed: the file may end in half a record', async () => {
    const sink = memorySink();
    const writer = createEventWriter(sink, clock, { firstStep: 7 });
    await writer.flush();
    sink.full = true;
    writer.scalar('loss', 7, 1);
    expect((await thrownBy(() => writer.flush())).code).toBe('storage_failed');
    sink.full = false;
    writer.scalar('loss', 8, 1);
    expect((await thrownBy(() => writer.flush())).code).toBe('storage_failed');
    expect((await thrownBy(() => writer.close())).code).toBe('storage_failed');
    expect(sink.bytes()).toBe(hex(Buffer.concat(head)));
    expect(sink.closed).toBe(1);
  });
});

describe('openEventWriter', () => {
  let folder = '';
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'murmuration-events-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('gives each session a file behind the earlier ones, even where the clock went back', async () => {
    const disk = await createNodeDisk(folder);
    for (const now of [1_700_000_000_900, 1_700_000_000_950, 1_600_000_000_000, 1_700_000_001_000]) {
      const writer = await openEventWriter(disk, 'run/tensorboard', { now: () => now });
      await writer.close();
    }
    const names = (await readdir(join(folder, 'run/tensorboard'))).sort();
    expect(names.map((name) => [name.split('.')[3], name.split('.').at(-1)])).toEqual([['1700000000', '000'], ['1700000000', '001'], ['1700000000', '002'], ['1700000001', '000']]);
    expect(hex(await readFile(join(folder, 'run/tensorboard', names[0])))).toBe(hex(Buffer.concat([encodeRecord(fileVersionEvent(1_700_000_000.9)), encodeRecord(sessionStartEvent(1_700_000_000.9, 0))])));
  });

  it('names no folder by a host', () => {
    expect(eventFileName(5.9, 'a/b c', 12)).toBe('events.out.tfevents.0000000005.a-b-c.012');
  });
});
