/** The report journal on a disk: `journal/TASK/ROUND.segment`. Format: `journal-records.ts`; how appends share a sync: `group-commit.ts`. */
import { randomBytes as platformRandomBytes } from '#platform/crypto';
import { MurmurError } from '../../shared/errors.ts';
import { silentLogger, type Logger } from '../../shared/logger.ts';
import type { TaskId } from '../../shared/ids.ts';
import { createBufferPool } from './buffer-pool.ts';
import type { AppendFile, Disk } from './disk.ts';
import { createGroupCommit } from './group-commit.ts';
import { checkHeader, createNonces, decodeBody, encodeHeader, encodeRecord, headerBytes, identityOf, KEY_BYTES, recordBytes, type Nonces } from './journal-records.ts';
import { scanRecords } from './journal-scan.ts';
import type { JournalSegment, ReportJournal } from './journal.ts';

export interface ReportJournalOptions {
  /** Starts the nonces; must be unpredictable in production. Default: the platform's. */
  readonly randomBytes?: (count: number) => Uint8Array;
  /** Hears of tails that were cut off. */
  readonly logger?: Logger;
}

/** Copied at once where a segment is written anew. */
const COPY_BYTES = 1 << 20;

const SEGMENT_PATTERN = /^(\d{1,10})\.segment$/;
const folderOf = (task: TaskId): string => `journal/${task}`;
const pathOf = (task: TaskId, round: number): string => `${folderOf(task)}/${round}.segment`;

export function createReportJournal(disk: Disk, options: ReportJournalOptions = {}): ReportJournal {
  const { randomBytes = platformRandomBytes, logger = silentLogger } = options;
  /** Two writers in one file would tear each other's records. */
  const open = new Map<string, JournalSegment | null>();
  const madeFolders = new Set<TaskId>();
  const buffers = createBufferPool();

  /** Every round opens one before it may take reports in: what is durable already is not made so again. */
  async function openFile(path: string, task: TaskId, round: number, key: Uint8Array, identity: Buffer, nonces: Nonces): Promise<AppendFile> {
    if (!madeFolders.has(task)) await disk.makeFolder(folderOf(task));
    madeFolders.add(task);
    if (!(await disk.exists(path))) {
      // Whole or not there: a header that is wrong is then damage, never a crash.
      await disk.writeAtomic(path, encodeHeader(key, identity, nonces));
      return disk.openAppend(path);
    }
    const start = headerBytes(identity);
    checkHeader(await disk.readAt(path, 0, start), key, identity, `${disk.root}/${path}`);
    return openAtLastRecord(disk, path, start, (lost) => logger.warn({ task, round, ...lost }, 'cut a torn tail off the report journal'));
  }

  async function openSegment(task: TaskId, round: number, givenKey: Uint8Array): Promise<JournalSegment> {
    const path = pathOf(task, round);
    // A copy: whoever destroys the round's key may well overwrite its bytes.
    const key = Uint8Array.from(givenKey);
    const identity = identityOf(task, round);
    const start = headerBytes(identity);
    const nonces = createNonces(randomBytes);

    const file = await openFile(path, task, round, key, identity, nonces);
    const commit = createGroupCommit(file, `${disk.root}/${path}`);

    let closed = false;
    const checkOpen = (): void => {
      if (closed) throw new MurmurError('unavailable', `the journal segment ${disk.root}/${path} is closed`);
    };
    return {
      async append(payload) {
        checkOpen();
        const record = buffers.take(recordBytes(payload));
        // Encrypted at once, while the group before is synced.
        encodeRecord(payload, record, key, identity, nonces);
        try {
          await commit.append([record]);
        } finally {
          buffers.giveBack(record);
        }
      },
      async *replay() {
        checkOpen();
        for await (const { offset, body } of scanRecords(disk, path, start, commit.durableSize)) {
          checkOpen();
          yield decodeBody(body, key, identity, `${disk.root}/${path}, byte ${offset}`);
        }
      },
      async close() {
        if (closed) return;
        closed = true;
        try {
          await commit.close();
        } finally {
          key.fill(0);
          open.delete(path);
        }
      },
    };
  }

  return {
    async open(task, round, key) {
      if (key.byteLength !== KEY_BYTES) throw new MurmurError('internal', `a journal key has ${KEY_BYTES} bytes, this one has ${key.byteLength}`);
      if (!Number.isInteger(round) || round < 0 || round >= 2 ** 32) throw new MurmurError('internal', `${round} is no round`);
      const path = pathOf(task, round);
      if (open.has(path)) throw new MurmurError('conflict', `the journal segment ${disk.root}/${path} is open already`);
      open.set(path, null);
      try {
        const segment = await openSegment(task, round, key);
        open.set(path, segment);
        return segment;
      } catch (thrown) {
        open.delete(path);
        throw thrown;
      }
    },
    async end(task, round) {
      const path = pathOf(task, round);
      await open.get(path)?.close();
      await disk.remove(path);
    },
    async list(task) {
      const rounds: number[] = [];
      for (const name of await disk.list(folderOf(task))) {
        const match = SEGMENT_PATTERN.exec(name);
        if (match) rounds.push(Number(match[1]));
      }
      return rounds.sort((a, b) => a - b);
    },
  };
}

/**
 * What a dead process appended may lie in the system's memory alone, and where a sync of it had failed no later sync
 * writes it. A record that is replayed is answered for as if it had been acknowledged: so the intact ones are written
 * anew before anybody reads them, and what is torn is left out. The file is always another one then: a coordinator that was
 * taken over, and knows nothing of it yet, writes to the old one, and cuts off its own alone.
 */
async function openAtLastRecord(disk: Disk, path: string, start: number, onCut: (lost: { offset: number; bytes: number }) => void): Promise<AppendFile> {
  const found = await disk.openAppend(path);
  await found.close();
  let end = start;
  for await (const record of scanRecords(disk, path, start, found.size)) end = record.end;
  if (end < found.size) onCut({ offset: end, bytes: found.size - end });
  await disk.writeAtomic(path, windowsOf(disk, path, end));
  return disk.openAppend(path);
}

/** The first `end` bytes of a file, a window at a time. */
async function* windowsOf(disk: Disk, path: string, end: number): AsyncGenerator<Uint8Array, void, void> {
  for (let offset = 0; offset < end; offset += COPY_BYTES) yield disk.readAt(path, offset, Math.min(COPY_BYTES, end - offset));
}
