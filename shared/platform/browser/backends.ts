/** Loading a TensorFlow.js backend in a browser, on the page or in a worker. The Node twin exports the same names. */
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import type { BackendName } from '../../task/conditions.ts';

/** Backends that this platform could have, best first. */
export const PLATFORM_BACKENDS: readonly BackendName[] = ['webgpu', 'webgl', 'wasm', 'cpu'];

let backendFiles = './';

/** The URL of the folder from which the page's server hands out the backends' .wasm files. */
export function setBackendFiles(location: string): void {
  backendFiles = location.endsWith('/') ? location : `${location}/`;
}

/**
 * Imports the backend's package, which registers it under the name that is returned.
 * @throws where the platform cannot have it.
 */
export async function loadBackend(name: BackendName): Promise<string> {
  switch (name) {
    case 'webgpu':
      await import('@tensorflow/tfjs-backend-webgpu');
      return 'webgpu';
    case 'webgl':
      await import('@tensorflow/tfjs-backend-webgl');
      return 'webgl';
    case 'wasm': {
      const wasm = await import('@tensorflow/tfjs-backend-wasm');
      if (tf.findBackend('wasm') === null) {
        // One thread: the same sums in the same order on every device, and no cross-origin isolation asked of the page.
        tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
        wasm.setWasmPaths(backendFiles);
        wasm.setThreadsCount(1);
      }
      return 'wasm';
    }
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      return 'cpu';
    default:
      throw new MurmurError('backend_failed', `a browser has no ${name} backend`);
  }
}

/** Nothing to keep here: a browser has no process. */
export function keepProcessHandlers<T>(start: () => Promise<T>): Promise<T> {
  return start();
}
