/** The agent's key pair and its algorithm state, in a folder that only its owner can read. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { generateKeyPair } from '#platform/crypto';
import { MurmurError } from '../../shared/errors.ts';
import { fromHex, toHex } from '../../shared/hex.ts';
import { asAssignmentId, type TaskId } from '../../shared/ids.ts';
import { decodeSafetensors, encodeSafetensors, type DecodedSafetensors } from '../../shared/tensors/safetensors.ts';
import type { EdgeIdentity } from '../edge/session-options.ts';
import type { EdgeState } from '../../shared/algorithms/algorithm.ts';
import type { EdgeStateStore, KeptState } from '../edge/edge-state-store.ts';

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

/** What a file says of its states beside their vectors, the newest first: each one's vectors are named by its place and their own name. */
const Described = z.array(z.strictObject({ assignment: z.string().nullable(), numbers: z.record(z.string(), z.number()) }));

/** Algorithm state as one safetensors file a task. */
export function openStateFolder(folder: string): EdgeStateStore {
  const pathOf = (task: TaskId): string => join(folder, `state-${task}.safetensors`);
  return {
    async load(task) {
      const bytes = await readIfThere(pathOf(task));
      return bytes ? statesIn(decodeSafetensors(bytes)) : [];
    },
    async save(task, states) {
      const tensors = states.flatMap(({ state }, place) => Object.entries(state.vectors).map(([name, values]) => ({ name: `${place}/${name}`, dtype: 'float32' as const, shape: [values.length], values })));
      const described: z.infer<typeof Described> = states.map(({ assignment, state }) => ({ assignment, numbers: state.numbers }));
      await writeWhole(pathOf(task), encodeSafetensors({ tensors, metadata: { states: JSON.stringify(described) } }));
    },
  };
}

function statesIn({ tensors, metadata }: DecodedSafetensors): KeptState[] {
  const vectorsAt = (prefix: string): EdgeState['vectors'] => Object.fromEntries(tensors.filter(({ name }) => name.startsWith(prefix)).map(({ name, values }) => [name.slice(prefix.length), values as Float32Array]));
  // Written before assignments were noted: one state, its vectors by their own names.
  if (metadata.states === undefined) return [{ assignment: null, state: { vectors: vectorsAt(''), numbers: JSON.parse(metadata.numbers ?? '{}') as EdgeState['numbers'] } }];
  return Described.parse(JSON.parse(metadata.states)).map(({ assignment, numbers }, place) => ({ assignment: assignment === null ? null : asAssignmentId(assignment), state: { vectors: vectorsAt(`${place}/`), numbers } }));
}
