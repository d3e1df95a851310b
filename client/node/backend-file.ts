/** What was measured on this device, kept beside the agent's key: its own backend, and that of each task's model. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BACKEND_NAMES, type BackendName } from '../../shared/task/conditions.ts';
import { chooseBackend, type BackendChoice } from '../training/choose-backend.ts';
import type { TaskBackendMemory } from '../training/task-backends.ts';

/** What cannot be read is measured again. */
async function readJson(path: string): Promise<unknown> {
  return readFile(path, 'utf8').then((text) => JSON.parse(text) as unknown).catch(() => null);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(value)}\n`);
  await rename(`${path}.new`, path);
}

/** Measured once on this device. A forced backend has a file of its own: what it was forced to says nothing of what is fastest. */
export async function readOrMeasureBackend(folder: string, force: BackendName | undefined): Promise<BackendChoice> {
  const path = join(folder, force === undefined ? 'backend.json' : `backend-${force}.json`);
  const cached = (await readJson(path)) as BackendChoice | null;
  const chosen = await chooseBackend({ ...(force === undefined ? {} : { force }), ...(cached ? { cached } : {}) });
  if (chosen !== cached) await writeJson(path, chosen);
  return chosen;
}

export function openTaskBackends(folder: string): TaskBackendMemory {
  const path = join(folder, 'task-backends.json');
  const read = async (): Promise<Readonly<Record<string, unknown>>> => ((await readJson(path)) ?? {}) as Record<string, unknown>;
  return {
    async load(key) {
      const kept = await read();
      return BACKEND_NAMES.find((name) => Object.hasOwn(kept, key) && kept[key] === name) ?? null;
    },
    save: async (key, backend) => writeJson(path, { ...(await read()), [key]: backend }),
  };
}
