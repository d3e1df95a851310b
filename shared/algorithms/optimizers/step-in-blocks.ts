/** Runs an optimizer's kernel over vectors of any size, through a little kernel memory that stays in the processor's cache. */
import { createKernels, type Kernels } from '../../kernels/kernels.ts';
import { createKernelMemory } from '../../kernels/memory.ts';
import type { FieldValues } from '../../statistics/statistic.ts';

/** Values of each vector at a time; even, as the kernels want it. */
const BLOCK = 4096;
/** The direction, the weights, two slots. */
const MOST_VECTORS = 4;
/** A cache line more than a block: blocks that begin at the same place in a page hinder each other. */
const APART = 4 * BLOCK + 64;

let scratch: { readonly heap: Float32Array; readonly kernels: Kernels } | undefined;

function lendScratch(): { readonly heap: Float32Array; readonly kernels: Kernels } {
  if (scratch) return scratch;
  const memory = createKernelMemory(MOST_VECTORS * APART);
  scratch = { heap: new Float32Array(memory.buffer), kernels: createKernels(memory) };
  return scratch;
}

/**
 * Changes the vectors in place. `step` is given the addresses of the direction and of each vector, and an even number of
 * values; the direction is rounded to float32. All have the same length.
 */
export function stepInBlocks(vectors: readonly Float32Array[], direction: FieldValues, step: (kernels: Kernels, direction: number, vectors: readonly number[], count: number) => void): void {
  const { heap, kernels } = lendScratch();
  const addresses = vectors.map((_, i) => (i + 1) * APART);
  for (let from = 0; from < direction.length; from += BLOCK) {
    const to = Math.min(from + BLOCK, direction.length);
    // A last value alone drags along what lies behind it in the scratch: nobody reads that.
    const count = to - from + ((to - from) % 2);
    heap.set(direction.subarray(from, to), 0);
    vectors.forEach((vector, i) => heap.set(vector.subarray(from, to), addresses[i] / 4));
    step(kernels, 0, addresses, count);
    vectors.forEach((vector, i) => vector.set(heap.subarray(addresses[i] / 4, addresses[i] / 4 + to - from), from));
  }
}
