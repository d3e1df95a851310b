/** Loading a TensorFlow.js backend in Node. The browser twin exports the same names. */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import type { BackendName } from '../../task/conditions.ts';
import { loadNativePackage } from './native-package.ts';

/** Backends that this platform could have, best first. */
export const PLATFORM_BACKENDS: readonly BackendName[] = ['native', 'wasm', 'cpu'];

const require = createRequire(import.meta.url);
let backendFiles: string | null = null;

/** The folder that holds the backends' .wasm files; by default the one in the installed package. */
export function setBackendFiles(location: string): void {
  backendFiles = location;
}

/**
 * Imports the backend's package, which registers it under the name that is returned.
 * @throws whatever the import throws: the package is not installed, or its addon does not load.
 */
export async function loadBackend(name: BackendName): Promise<string> {
  switch (name) {
    case 'native':
      loadNativePackage(import.meta.url);
      return 'tensorflow';
    case 'wasm': {
      const wasm = await import('@tensorflow/tfjs-backend-wasm');
      if (tf.findBackend('wasm') === null) {
        const folder = backendFiles ?? join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist');
        wasm.setWasmPaths(folder.endsWith(sep) ? folder : folder + sep);
        wasm.setThreadsCount(1);
      }
      return 'wasm';
    }
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      return 'cpu';
    default:
      throw new MurmurError('backend_failed', `Node has no ${name} backend`);
  }
}

/**
 * Runs a backend's start and takes away what its Emscripten glue hangs on the process meanwhile:
 * handlers that rethrow, which would change how every unhandled rejection of the host ends.
 */
export async function keepProcessHandlers<T>(start: () => Promise<T>): Promise<T> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as 'uncaughtException')));
  try {
    return await start();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!before[i].has(listener) && isEmscriptenGlue(listener)) process.removeListener(event, listener);
      }
    });
  }
}

/** Others may have added handlers in the meantime: only the two that we know are taken. */
function isEmscriptenGlue(listener: unknown): boolean {
  const text = String(listener).replace(/\s/g, '');
  return text.includes('exinstanceofExitStatus') || text === 'function(reason){throwreason;}' || text === 'function(reason){throwreason}';
}
