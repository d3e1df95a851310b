/** What was measured on this machine, in a folder that several agents may share: the machine's backend, and that of each task's model. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { BACKEND_NAMES, type BackendName } from '../../shared/task/conditions.ts';
import { chooseBackend, type BackendChoice } from '../training/choose-backend.ts';
import type { TaskBackendMemory } from '../training/task-backends.ts';
import { inTurn } from './measuring-turn.ts';

/** What cannot be read is measured again. */
async function readJson(path: string): Promise<unknown> {
  return readFile(path, 'utf8').then((text) => JSON.parse(text) as unknown).catch(() => null);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  try {
    await writeFile(`${path}.new`, `${JSON.stringify(value)}\n`);
    await rename(`${path}.new`, path);
  } catch (thrown) {
    throw new MurmurError('storage_failed', `${path} cannot be written: ${(thrown as Error).message}`, { cause: thrown });
  }
}

const turn = <T>(folder: string, clock: Clock, work: () => Promise<T>): Promise<T> => inTurn(join(folder, 'measuring.lock'), clock, work);

/**
 * Measured once on this machine. A forced backend has a file of its own: what it was forced to says nothing of what is fastest.
 * @throws backend_failed, storage_failed
 */
export async function readOrMeasureBackend(folder: string, force: BackendName | undefined, clock: Clock): Promise<BackendChoice> {
  await mkdir(folder, { recursive: true }).catch((thrown: Error) => {
    throw new MurmurError('storage_failed', `the folder ${folder} cannot be made: ${thrown.message}`, { cause: thrown });
  });
  const path = join(folder, force === undefined ? 'backend.json' : `backend-${force}.json`);
  const read = async (): Promise<BackendChoice | null> => (await readJson(path)) as BackendChoice | null;
  const wish = force === undefined ? {} : { force };
  if ((await read()) === null) {
    await turn(folder, clock, async () => {
      if ((await read()) === null) await writeJson(path, await chooseBackend(wish));
    });
  }
  const cached = await read();
  const chosen = await chooseBackend({ ...wish, ...(cached ? { cached } : {}) });
  if (chosen !== cached) await writeJson(path, chosen);
  return chosen;
}

export function openTaskBackends(folder: string, clock: Clock): TaskBackendMemory {
  const path = join(folder, 'task-backends.json');
  const read = async (): Promise<Readonly<Record<string, unknown>>> => ((await readJson(path)) ?? {}) as Record<string, unknown>;
  return {
    async load(key) {
      const kept = await read();
      return BACKEND_NAMES.find((name) => Object.hasOwn(kept, key) && kept[key] === name) ?? null;
    },
    save: async (key, backend) => writeJson(path, { ...(await read()), [key]: backend }),
    inTurn: (work) => turn(folder, clock, work),
  };
}
