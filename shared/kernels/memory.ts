/** What kernels work in: a WebAssembly memory, or a plain buffer where the twins stand in for the module. */
export interface KernelMemory {
  /** Another one after the memory has grown: take views anew behind whatever may grow it. */
  readonly buffer: ArrayBuffer;
}

const PAGE_BYTES = 65_536;

/** A memory of at least so many bytes, which never grows: views of it stay valid. Pages that nobody writes cost nothing. */
export function createKernelMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}
