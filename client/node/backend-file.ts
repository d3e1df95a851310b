/** What was measured on this machine, in a folder that several agents may share: the machine's backend, and that of each task's model. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { BACKEND_NAMES, type BackendName } from '../../shared/task/conditions.ts';
import { chooseBackend, stillHolds, type BackendChoice } from '../training/choose-backend.ts';
import type { TaskBackendMemory } from '../training/task-backends.ts';
import { inTurn } from './measuring-turn.ts';

/** What cannot be read is measured again. */
async function readJson(path: string): Promise<unknown> {
  return readFile(path, 'utf8').then((text) => JSON.parse(text) as unknown).catch(() => null);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  // Of its own for each write: of two processes with one name the second would find nothing to rename, or half a file.
  const unfinished = `${path}.${process.pid}-${randomUUID()}.new`;
  try {
    await writeFile(unfinished, `${JSON.stringify(value)}\n`);
    await rename(unfinished, path);
  } catch (thrown) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw new MurmurError('storage_failed', `${path} cannot be written: ${(thrown as Error).message}`, { cause: thrown });
  }
}

const turn = <T>(folder: string, clock: Clock, work: () => Promise<T>, signal?: AbortSignal): Promise<T> => inTurn(join(folder, 'measuring.lock'), clock, work, signal);

/**
 * Measured once on this machine, and again where what was found no longer holds. A forced backend has a file of its own:
 * what it was forced to says nothing of what is fastest.
 * @param signal ends the wait for another process that measures
 * @throws backend_failed, storage_failed, the signal's reason
 */
export async function readOrMeasureBackend(folder: string, force: BackendName | undefined, clock: Clock, signal?: AbortSignal): Promise<BackendChoice> {
  await mkdir(folder, { recursive: true }).catch((thrown: Error) => {
    throw new MurmurError('storage_failed', `the folder ${folder} cannot be made: ${thrown.message}`, { cause: thrown });
  });
  const path = join(folder, force === undefined ? 'backend.json' : `backend-${force}.json`);
  const read = async (): Promise<BackendChoice | null> => (await readJson(path)) as BackendChoice | null;
  const found = await read();
  if (found !== null && (await stillHolds(found, force))) return found;
  return turn(folder, clock, async () => {
    // Another process may have measured it while this one waited.
    const cached = await read();
    const chosen = await chooseBackend({ ...(force === undefined ? {} : { force }), ...(cached ? { cached } : {}) });
    if (chosen !== cached) await writeJson(path, chosen);
    return chosen;
  }, signal);
}

/** @param signal ends each wait for another process that measures */
export function openTaskBackends(folder: string, clock: Clock, signal?: AbortSignal): TaskBackendMemory {
  const path = join(folder, 'task-backends.json');
  const read = async (): Promise<Readonly<Record<string, unknown>>> => ((await readJson(path)) ?? {}) as Record<string, unknown>;
  return {
    async load(key) {
      const kept = await read();
      return BACKEND_NAMES.find((name) => Object.hasOwn(kept, key) && kept[key] === name) ?? null;
    },
    save: async (key, backend) => writeJson(path, { ...(await read()), [key]: backend }),
    inTurn: (work) => turn(folder, clock, work, signal),
  };
}
