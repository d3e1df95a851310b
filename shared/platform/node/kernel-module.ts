/** The kernels' WebAssembly module, from the file that lies beside their sources. The browser twin exports the same names. */
import { readFileSync } from 'node:fs';

export function readKernelModule(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL('../../kernels/murmuration.wasm', import.meta.url)));
}
