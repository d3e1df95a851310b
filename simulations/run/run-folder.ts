/**
 * The folder of a run: its scenario, its record, what TensorBoard reads, and the coordinator's state, from which the run goes on
 * after an interruption, in this process or another.
 */
import { appendFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNodeDisk } from '../../server/storage/node-disk.ts';
import { systemClock } from '../../shared/clock.ts';
import { isMurmurError, MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { AnyScenario } from '../scenario/gossip-scenario.ts';
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
  /** Where a run went that lay there before; null: none did. */
  readonly aside: string | null;
  /** Appends a line; it is written when the call returns. */
  append(line: RecordLine): void;
  close(): Promise<void>;
}

export interface RunFolderOptions {
  readonly scenario: AnyScenario;
  readonly seed: number;
  /** Sets aside what is there and begins anew. */
  readonly fresh: boolean;
}

/** What a run's folder holds of it. */
const CONTENTS = [SCENARIO_FILE, RECORD_FILE, STATE_FOLDER, 'tensorboard', 'report.html'] as const;

/** What stands in a run's folder of its scenario and seed: the same text, the same run. */
const runText = (scenario: AnyScenario, seed: number): string => `${JSON.stringify({ seed, scenario }, null, 2)}\n`;

/** Whether the folder holds a run of this scenario and seed, or of none. */
export function holdsRun(path: string, scenario: AnyScenario, seed: number): boolean {
  const file = join(path, SCENARIO_FILE);
  return !existsSync(file) || readFileSync(file, 'utf8') === runText(scenario, seed);
}

/**
 * Makes the folder, or opens that of a run which was interrupted. What else lies there of a run, ended or to be begun anew, is
 * set aside and not thrown away.
 * @throws conflict where another run lies there unfinished, something that is no run, or a process works in it; storage_failed
 */
export async function openRunFolder(path: string, { scenario, seed, fresh }: RunFolderOptions): Promise<RunFolder> {
  mkdirSync(path, { recursive: true });
  if (!existsSync(join(path, SCENARIO_FILE)) && readdirSync(path).some((name) => !name.startsWith(LOCK_FILE))) {
    throw new MurmurError('conflict', `${path} holds something else than a run; choose another folder (--out)`);
  }
  const unlock = lock(path);
  try {
    const text = runText(scenario, seed);
    const before = fresh ? null : await unfinished(path);
    if (before !== null && !holdsRun(path, scenario, seed)) {
      throw new MurmurError('conflict', `${path} holds an unfinished run of another scenario or seed (${before.run.scenario}, seed ${before.run.seed}, ${before.rounds.length} rounds); choose another folder (--out), or begin anew in this one (--fresh)`);
    }
    const aside = before === null ? setAside(path) : null;
    writeFileSync(join(path, SCENARIO_FILE), text);
    mkdirSync(join(path, STATE_FOLDER), { recursive: true });
    await cutTornLine(path);
    const events: RunEvents = await openRunEvents({ disk: await createNodeDisk(path), clock: systemClock, earlier: before?.rounds ?? [] });
    return {
      path, before, aside,
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

/** Moves what a run left to the first free name beside its folder. */
function setAside(path: string): string | null {
  const left = CONTENTS.filter((name) => existsSync(join(path, name)));
  if (!existsSync(join(path, RECORD_FILE))) {
    for (const name of left) rmSync(join(path, name), { recursive: true, force: true });
    return null;
  }
  let number = 1;
  while (existsSync(`${path}~${number}`)) number++;
  const aside = `${path}~${number}`;
  mkdirSync(aside);
  for (const name of left) renameSync(join(path, name), join(aside, name));
  return aside;
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
  const own = `${file}.${process.pid}`;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      // Whole or not there: nobody must read half a number and take us for dead.
      writeFileSync(own, String(process.pid));
      linkSync(own, file);
      return () => rmSync(file, { force: true });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw new MurmurError('storage_failed', `${path} cannot be used: ${toMurmurError(thrown).message}`, { cause: thrown });
      const pid = Number(readFileSync(file, 'utf8'));
      if (isAlive(pid)) throw new MurmurError('conflict', `process ${pid} runs a simulation in ${path} already; wait for it, or choose another folder (--out)`);
      rmSync(file, { force: true });
    } finally {
      rmSync(own, { force: true });
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
