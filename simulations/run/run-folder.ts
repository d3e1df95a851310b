/**
 * The folder of a run: its scenario, its record, what TensorBoard reads, and the coordinator's state, from which the run goes on
 * after an interruption, in this process or another.
 */
import { appendFileSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { createNodeDisk } from '../../server/storage/node-disk.ts';
import { systemClock } from '../../shared/clock.ts';
import { isMurmurError, MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { cutTornLine, readRecord, RECORD_FILE, type RunRecord } from './read-record.ts';
import type { RecordLine } from './record.ts';
import { openRunEvents, type RunEvents } from './run-events.ts';

const SCENARIO_FILE = 'scenario.json';
const LOCK_FILE = 'running.pid';
const STATE_FOLDER = 'state';

export interface RunFolder {
  readonly path: string;
  /** Of the coordinator's database, blobs and journal. */
  readonly state: string;
  /** What an earlier process wrote of the same run; null where there is nothing to go on from. */
  readonly before: RunRecord | null;
  /** Appends a line; it is written when the call returns. */
  append(line: RecordLine): void;
  close(): Promise<void>;
}

export interface RunFolderOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Forgets what is there and begins anew. */
  readonly fresh: boolean;
}

/**
 * Makes the folder, or opens that of a run which was interrupted. A run that reached its end is begun anew.
 * @throws conflict where another run lies there unfinished, or a process works in it; storage_failed
 */
export async function openRunFolder(path: string, { scenario, seed, fresh }: RunFolderOptions): Promise<RunFolder> {
  mkdirSync(path, { recursive: true });
  const unlock = lock(path);
  try {
    const text = `${JSON.stringify({ seed, scenario }, null, 2)}\n`;
    const before = fresh ? null : await unfinished(path);
    if (before !== null && readFileSync(join(path, SCENARIO_FILE), 'utf8') !== text) {
      throw new MurmurError('conflict', `${path} holds an unfinished run of another scenario or seed (${before.run.scenario}, seed ${before.run.seed}, ${before.rounds.length} rounds); choose another folder (--out), or begin anew in this one (--fresh)`);
    }
    if (before === null) for (const name of [RECORD_FILE, STATE_FOLDER, 'tensorboard', 'report.html']) rmSync(join(path, name), { recursive: true, force: true });
    writeFileSync(join(path, SCENARIO_FILE), text);
    mkdirSync(join(path, STATE_FOLDER), { recursive: true });
    await cutTornLine(path);
    const events: RunEvents = await openRunEvents({ disk: await createNodeDisk(path), clock: systemClock, earlier: before?.rounds ?? [] });
    return {
      path, before,
      state: join(path, STATE_FOLDER),
      append(line) {
        appendFileSync(join(path, RECORD_FILE), `${JSON.stringify(line)}\n`);
        if (line.type === 'round') events.round(line);
      },
      async close() {
        try {
          await events.close();
        } finally {
          unlock();
        }
      },
    };
  } catch (thrown) {
    unlock();
    throw thrown;
  }
}

async function unfinished(path: string): Promise<RunRecord | null> {
  try {
    const record = await readRecord(path);
    return record.result === null ? record : null;
  } catch (thrown) {
    if (isMurmurError(thrown, 'not_found')) return null;
    throw thrown;
  }
}

/** One process a folder; what a killed one left is no hindrance. */
function lock(path: string): () => void {
  const file = join(path, LOCK_FILE);
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = openSync(file, 'wx');
      writeFileSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw new MurmurError('storage_failed', `${path} cannot be used: ${toMurmurError(thrown).message}`, { cause: thrown });
      const pid = Number(readFileSync(file, 'utf8'));
      if (isAlive(pid)) throw new MurmurError('conflict', `process ${pid} runs a simulation in ${path} already; wait for it, or choose another folder (--out)`);
      rmSync(file, { force: true });
    }
  }
  throw new MurmurError('conflict', `${path} is being taken by another process just now; try again`);
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
