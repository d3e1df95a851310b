/** One process at a time measures on a machine: those that wait then find what was measured, and none measures the others. */
import { randomUUID } from 'node:crypto';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { sleep, type Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';

const LOOK_MS = 50;
/** A holder that has died, or whose number another process has by now. Measuring takes seconds, on the slowest device a minute. */
const FORSAKEN_MS = 120_000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isForsaken(path: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    // An empty file is one that is being written now; its age decides alone.
    return Date.now() - mtimeMs > FORSAKEN_MS || (text !== '' && !isAlive(Number.parseInt(text, 10)));
  } catch {
    // Gone meanwhile: the next try shows.
    return false;
  }
}

/** Who was so long at it that another took the turn over must not end the turn of that one. */
async function removeOwn(path: string, own: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => null)) === own) await rm(path, { force: true });
}

/**
 * Runs `work` once the file `path` is ours. Should two take it from a dead holder at the same moment, both measure: no harm but time.
 * @param signal ends the wait, not the work
 * @throws storage_failed where the file cannot be made; the signal's reason; what `work` throws
 */
export async function inTurn<T>(path: string, clock: Clock, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const own = `${process.pid} ${randomUUID()}`;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const file = await open(path, 'wx');
      await file.writeFile(own).finally(() => file.close());
      break;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw new MurmurError('storage_failed', `${path} cannot be made: ${(thrown as Error).message}`, { cause: thrown });
    }
    if (await isForsaken(path)) await rm(path, { force: true });
    else await sleep(clock, LOOK_MS, signal);
  }
  try {
    return await work();
  } finally {
    await removeOwn(path, own);
  }
}
