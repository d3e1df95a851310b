/**
 * What a browser's edge keeps between visits, in IndexedDB: its key pair, the algorithms'
 * state, and the measured backends. Where IndexedDB is refused (some private windows) all
 * of it lives as long as the tab.
 */
import { generateKeyPair } from '#platform/crypto';
import type { EdgeState } from '../../shared/algorithms/algorithm.ts';
import { MurmurError } from '../../shared/errors.ts';
import { BACKEND_NAMES, type BackendName } from '../../shared/task/conditions.ts';
import type { EdgeIdentity } from '../edge/session-options.ts';
import type { EdgeStateStore, KeptState } from '../edge/edge-state-store.ts';
import type { BackendChoice } from '../training/choose-backend.ts';
import type { TaskBackendMemory } from '../training/task-backends.ts';

const DATABASE = 'murmuration';
const STORE = 'edge';

interface KeyValue {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  close(): void;
}

export interface EdgeStorage {
  /** False where everything is forgotten with the tab. */
  readonly lasting: boolean;
  /** The key pair of an identity, made at its first use. Several tabs are several edges: each has its own number. */
  identity(slot: number): Promise<EdgeIdentity>;
  stateOf(slot: number): EdgeStateStore;
  /** What was measured by this browser with this wish. */
  backend(wish: BackendName | null): Promise<BackendChoice | null>;
  keepBackend(wish: BackendName | null, choice: BackendChoice): Promise<void>;
  /** Which backend this browser trains which task's model on. */
  taskBackends(): TaskBackendMemory;
  close(): void;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new MurmurError('storage_failed', `the browser's storage failed: ${request.error?.message ?? 'unknown reason'}`, { cause: request.error }));
  });
}

async function openDatabase(factory: IDBFactory): Promise<KeyValue> {
  const opening = factory.open(DATABASE, 1);
  opening.onupgradeneeded = () => void opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  // A newer page in another tab may want to change the database: it must not wait for this one.
  database.onversionchange = () => database.close();
  return {
    get: (key) => settled(database.transaction(STORE).objectStore(STORE).get(key)),
    set: (key, value) =>
      new Promise((resolve, reject) => {
        // Strict: the report that this state belongs to counts already, so it should outlast a crash.
        const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
        transaction.objectStore(STORE).put(value, key);
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(new MurmurError('storage_failed', `the browser's storage kept nothing: ${transaction.error?.message ?? 'unknown reason'}`, { cause: transaction.error }));
      }),
    close: () => database.close(),
  };
}

function createMemory(): KeyValue {
  const values = new Map<string, unknown>();
  return {
    get: (key) => Promise.resolve(values.get(key)),
    set(key, value) {
      values.set(key, value);
      return Promise.resolve();
    },
    close: () => values.clear(),
  };
}

function isIdentity(value: unknown): value is EdgeIdentity {
  const { secretKey, publicKey } = (value ?? {}) as Partial<EdgeIdentity>;
  return secretKey instanceof Uint8Array && publicKey instanceof Uint8Array && secretKey.length === 32 && publicKey.length === 32;
}

export async function openEdgeStorage(): Promise<EdgeStorage> {
  const database = typeof indexedDB === 'undefined' ? null : await openDatabase(indexedDB).catch(() => null);
  const values = database ?? createMemory();
  // Another version of the browser may compute at another speed.
  const backendKey = (wish: BackendName | null): string => `backend/${wish ?? 'auto'}/${navigator.userAgent}`;
  const taskBackendKey = (key: string): string => `task-backend/${key}/${navigator.userAgent}`;
  return {
    lasting: database !== null,
    async identity(slot) {
      const kept = await values.get(`identity/${slot}`);
      if (isIdentity(kept)) return kept;
      const made = generateKeyPair();
      await values.set(`identity/${slot}`, made);
      return made;
    },
    stateOf: (slot) => ({
      async load(task) {
        const kept = (await values.get(`state/${slot}/${task}`)) as readonly KeptState[] | EdgeState | undefined;
        if (kept === undefined) return [];
        // Kept before assignments were noted: one state as it is.
        return 'vectors' in kept ? [{ state: kept, assignment: null }] : kept;
      },
      save: (task, states) => values.set(`state/${slot}/${task}`, states),
    }),
    backend: async (wish) => ((await values.get(backendKey(wish))) as BackendChoice | undefined) ?? null,
    keepBackend: (wish, choice) => values.set(backendKey(wish), choice),
    taskBackends: () => ({
      load: async (key) => {
        const kept = await values.get(taskBackendKey(key));
        return BACKEND_NAMES.find((name) => name === kept) ?? null;
      },
      save: (key, backend) => values.set(taskBackendKey(key), backend),
    }),
    close: () => values.close(),
  };
}
