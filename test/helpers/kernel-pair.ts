/** A memory for the module and one for the twins with the same contents: what one kernel does to them must be the same. */
import { expect } from 'vitest';
import { createKernels, hasSimd, kernelTwins, type Kernels } from '../../shared/kernels/kernels.ts';
import { createKernelMemory } from '../../shared/kernels/memory.ts';
import { bytesOf, type TensorValues } from '../../shared/tensors/dtypes.ts';

export interface KernelPair {
  /** Lays values into both memories, `apart` bytes behind what came before; their address. */
  put(values: TensorValues, apart?: number): number;
  /** What lies in the module's memory, and in the twins', as two arrays of the kind of `like`. */
  read<Values extends TensorValues>(address: number, like: Values): { module: Values; twins: Values };
  /** Calls both; the results must be equal, and both memories to the bit. */
  same(call: (kernels: Kernels) => number | void): void;
  /** Calls both, comparing nothing. */
  both(call: (kernels: Kernels) => number | void): [number | void, number | void];
}

export function createKernelPair(bytes = 1 << 20): KernelPair {
  expect(hasSimd()).toBe(true);
  const memories = [createKernelMemory(bytes), createKernelMemory(bytes)] as const;
  const kernels = [createKernels(memories[0]), kernelTwins(memories[1])] as const;
  // Not at 0: a kernel that forgets an address would find what it looks for.
  let end = 1024;
  const both: KernelPair['both'] = (call) => [call(kernels[0]), call(kernels[1])];
  const viewed = <Values extends TensorValues>(memory: WebAssembly.Memory, address: number, like: Values): Values =>
    new (like.constructor as new (buffer: ArrayBuffer, at: number, length: number) => Values)(memory.buffer, address, like.length);
  return {
    put(values, apart = 0) {
      const address = Math.ceil(end / 8) * 8 + apart;
      for (const memory of memories) new Uint8Array(memory.buffer).set(bytesOf(values), address);
      // Rubbish behind: what a kernel reads or writes too much shows.
      end = address + values.byteLength + 64;
      for (const memory of memories) new Uint8Array(memory.buffer, address + values.byteLength, 64).fill(0xa5);
      return address;
    },
    read: (address, like) => ({ module: viewed(memories[0], address, like), twins: viewed(memories[1], address, like) }),
    both,
    same(call) {
      const [ofModule, ofTwins] = both(call);
      expect(ofModule).toBe(ofTwins);
      const [a, b] = memories.map(({ buffer }) => Buffer.from(buffer, 0, end));
      if (a.equals(b)) return;
      const at = a.findIndex((byte, i) => byte !== b[i]);
      throw new Error(`the memories differ at byte ${at}: 0x${a[at].toString(16)} is the module's, 0x${b[at].toString(16)} the twins'`);
    },
  };
}
