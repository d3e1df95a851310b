/** The agent's key pair and its algorithm state, in a folder that only its owner can read. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair } from '#platform/crypto';
import type { EdgeState } from '../../shared/algorithms/algorithm.ts';
import { MurmurError } from '../../shared/errors.ts';
import { fromHex, toHex } from '../../shared/hex.ts';
import type { TaskId } from '../../shared/ids.ts';
import { decodeSafetensors, encodeSafetensors } from '../../shared/tensors/safetensors.ts';
import type { EdgeIdentity } from '../edge/session-options.ts';
import type { EdgeStateStore } from '../edge/edge-state-store.ts';

/** null: there is none. @throws storage_failed */
export async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new MurmurError('storage_failed', `${path} cannot be read: ${(thrown as Error).message}`, { cause: thrown });
  }
}

/** The old file or the new one, whatever happens, readable by its owner alone. @throws storage_failed */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(`${path}.new`, bytes, { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  } catch (thrown) {
    throw new MurmurError('storage_failed', `${path} cannot be written: ${(thrown as Error).message}`, { cause: thrown });
  }
}

/** Makes the pair at the first call; the same folder is the same edge ever after. @throws storage_failed, storage_corrupt */
export async function openIdentity(folder: string): Promise<EdgeIdentity> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((thrown: Error) => {
    throw new MurmurError('storage_failed', `the agent's folder ${folder} cannot be made: ${thrown.message}`, { cause: thrown });
  });
  const path = join(folder, 'identity.json');
  const kept = await readIfThere(path);
  if (!kept) {
    const pair = generateKeyPair();
    const text = JSON.stringify({ publicKey: toHex(pair.publicKey), secretKey: toHex(pair.secretKey) });
    await writeWhole(path, new TextEncoder().encode(`${text}\n`));
    return pair;
  }
  try {
    const { publicKey, secretKey } = JSON.parse(new TextDecoder().decode(kept)) as { publicKey: string; secretKey: string };
    return { publicKey: fromHex(publicKey), secretKey: fromHex(secretKey) };
  } catch (thrown) {
    throw new MurmurError('storage_corrupt', `${path} holds no key pair; restore it, or remove it to enrol as a new edge`, { cause: thrown });
  }
}

/** Algorithm state as one safetensors file a task. */
export function openStateFolder(folder: string): EdgeStateStore {
  const pathOf = (task: TaskId): string => join(folder, `state-${task}.safetensors`);
  return {
    async load(task) {
      const bytes = await readIfThere(pathOf(task));
      if (!bytes) return null;
      const { tensors, metadata } = decodeSafetensors(bytes);
      const vectors = Object.fromEntries(tensors.map(({ name, values }) => [name, values as Float32Array]));
      return { vectors, numbers: JSON.parse(metadata.numbers ?? '{}') as EdgeState['numbers'] };
    },
    async save(task, state) {
      const tensors = Object.entries(state.vectors).map(([name, values]) => ({ name, dtype: 'float32' as const, shape: [values.length], values }));
      await writeWhole(pathOf(task), encodeSafetensors({ tensors, metadata: { numbers: JSON.stringify(state.numbers) } }));
    },
  };
}
