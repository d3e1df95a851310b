/** The backends of TensorFlow.js: which are there, and making one ready. */
import * as tf from '@tensorflow/tfjs-core';
import { keepProcessHandlers, loadBackend, PLATFORM_BACKENDS } from '#platform/backends';
import { MurmurError } from '../errors.ts';
import { compileKernels } from '../kernels/kernels.ts';
import type { BackendName } from '../task/conditions.ts';
import { registerAveragePoolGradients } from './average-pool-gradients.ts';
import { registerChainedOperations } from './chained-operations.ts';
import { registerWasmKernels } from './kernels/register.ts';
import { wasmKernels, type WasmBackend } from './kernels/wasm-backend.ts';

export { setBackendFiles } from '#platform/backends';

/** The names under which TensorFlow.js knows the backends that are ready. */
const ready = new Map<BackendName, string>();
const starting = new Map<BackendName, Promise<void>>();
const failures = new Map<BackendName, MurmurError>();

/**
 * Loads a backend and makes it the current one. Safe to call again and at the same time.
 * With `makeCurrent: false` a current one stays what it was.
 * @throws backend_failed saying why it is not there.
 */
export async function prepareBackend(name: BackendName, options: { readonly makeCurrent?: boolean } = {}): Promise<void> {
  const before = currentBackend();
  if (!ready.has(name)) {
    let start = starting.get(name);
    if (!start) {
      start = startBackend(name).finally(() => starting.delete(name));
      starting.set(name, start);
    }
    await start;
  }
  useBackend(options.makeCurrent === false && before !== null ? before : name);
}

function currentBackend(): BackendName | null {
  return [...ready].find(([, internalName]) => internalName === tf.getBackend())?.[0] ?? null;
}

/**
 * Makes a prepared backend the current one, at once: TensorFlow.js has one current backend a
 * process, so whoever computes says before each stretch of work which one he means.
 * @throws backend_failed when it was not prepared.
 */
export function useBackend(name: BackendName): void {
  const internalName = ready.get(name);
  if (internalName === undefined) throw new MurmurError('backend_failed', `the backend ${name} was not prepared; call prepareBackend('${name}') first`);
  // For a backend that has started, all of setBackend happens before it returns.
  if (tf.getBackend() !== internalName) void tf.setBackend(internalName);
}

/** Computes synchronously on another prepared backend, then returns to the one before. */
export function onBackend<T>(name: BackendName, compute: () => T): T {
  const before = currentBackend();
  useBackend(name);
  try {
    return compute();
  } finally {
    if (before !== null) useBackend(before);
  }
}

async function startBackend(name: BackendName): Promise<void> {
  const failed = failures.get(name);
  if (failed) throw failed;
  const current = currentBackend();
  try {
    if (!PLATFORM_BACKENDS.includes(name)) throw new MurmurError('backend_failed', `this platform has ${PLATFORM_BACKENDS.join(', ')} only`);
    registerChainedOperations();
    await keepProcessHandlers(async () => {
      const internalName = await loadBackend(name);
      registerAveragePoolGradients();
      if (name === 'cpu') silenceGreeting();
      if (name === 'wasm') await compileKernels();
      if (!(await tf.setBackend(internalName))) throw new MurmurError('backend_failed', 'it was found but did not start; this device does not support it');
      if (name === 'wasm') startWasmKernels(internalName);
      ready.set(name, internalName);
    });
  } catch (thrown) {
    if (current !== null) useBackend(current);
    const reason = thrown instanceof Error ? thrown.message.split(/\n| imported from /, 1)[0] : String((thrown as { message?: unknown })?.message ?? thrown);
    const error = new MurmurError('backend_failed', `the backend ${name} is not available here: ${reason}`, { cause: thrown });
    failures.set(name, error);
    throw error;
  }
}

/** Where they cannot be had, the backend cannot either: better now than in the middle of a round. */
function startWasmKernels(internalName: string): void {
  wasmKernels(tf.findBackend(internalName) as WasmBackend);
  registerWasmKernels();
}

/** The plain backend greets on its first use in Node, advising another package; the choice is ours and made. */
function silenceGreeting(): void {
  const backend: unknown = tf.findBackend('cpu');
  if (typeof backend === 'object' && backend !== null && 'firstUse' in backend) backend.firstUse = false;
}

/** Which backends start on this device, best first, each with the reason where it does not. */
export async function availableBackends(): Promise<readonly { readonly backend: BackendName; readonly error: string | null }[]> {
  const found: { backend: BackendName; error: string | null }[] = [];
  for (const backend of PLATFORM_BACKENDS) {
    const error = await prepareBackend(backend).then(() => null, (thrown: unknown) => (thrown as Error).message);
    found.push({ backend, error });
  }
  return found;
}
