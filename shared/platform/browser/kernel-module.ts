/** The kernels' WebAssembly module, put into the bundle: nothing is fetched. The Node twin exports the same names. */
import bytes from '../../kernels/murmuration.wasm';

export function readKernelModule(): Uint8Array<ArrayBuffer> {
  return bytes;
}
