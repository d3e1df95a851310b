/**
 * The kernels: one small WebAssembly module with SIMD, for server, browser and simulations alike, and a plain
 * TypeScript twin of each that says what it computes and stands in where a device has no SIMD.
 */
import { readKernelModule } from '#platform/kernel-module';
import type { KernelMemory } from './memory.ts';
import { activationTwins, type ActivationKernels } from './twins/activation.ts';
import { columnTwins, type ColumnKernels } from './twins/columns.ts';
import { convolutionTwins, type ConvolutionKernels } from './twins/convolution.ts';
import { depthwiseTwins, type DepthwiseKernels } from './twins/depthwise.ts';
import { distanceTwins, type DistanceKernels } from './twins/distances.ts';
import { elementwiseTwins, type ElementwiseKernels } from './twins/elementwise.ts';
import { matrixTwins, type MatrixKernels } from './twins/matrix.ts';
import { optimizerTwins, type OptimizerKernels } from './twins/optimizers.ts';
import { poolTwins, type PoolKernels } from './twins/pool.ts';
import { quantizedTwins, type QuantizedKernels } from './twins/quantized.ts';
import { rowTwins, type RowKernels } from './twins/rows.ts';
import { segmentTwins, type SegmentKernels } from './twins/segments.ts';
import { sparseTwins, type SparseKernels } from './twins/sparse.ts';
import { vectorTwins, type VectorKernels } from './twins/vectors.ts';

/** Addresses are bytes from the start of the memory, counts are elements. Nothing is checked: the caller knows where things lie. */
export type Kernels = VectorKernels & QuantizedKernels & OptimizerKernels & ElementwiseKernels & RowKernels & MatrixKernels & ConvolutionKernels & DepthwiseKernels & PoolKernels & SegmentKernels & ActivationKernels & SparseKernels & ColumnKernels & DistanceKernels;

/** A function of one vector instruction: a module that holds it is valid only where there is SIMD. */
const SIMD_PROBE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);

let simd: boolean | undefined;
let compiled: WebAssembly.Module | undefined;

/** Whether this device can run the module; where not, `createKernels` gives the twins. */
export function hasSimd(): boolean {
  simd ??= typeof WebAssembly !== 'undefined' && WebAssembly.validate(SIMD_PROBE);
  return simd;
}

/** Compiles the module without holding anybody up, which some browsers ask of their pages' main thread. Not needed, but then `createKernels` does it. */
export async function compileKernels(): Promise<void> {
  if (hasSimd()) compiled ??= await WebAssembly.compile(readKernelModule());
}

/** The module's functions on a memory. A memory can have several instances: they hold nothing but the memory. */
export function createKernels(memory: WebAssembly.Memory): Kernels {
  if (!hasSimd()) return kernelTwins(memory);
  compiled ??= new WebAssembly.Module(readKernelModule());
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernels;
}

/** The same functions in plain TypeScript. */
export function kernelTwins(memory: KernelMemory): Kernels {
  return { ...vectorTwins(memory), ...quantizedTwins(memory), ...optimizerTwins(memory), ...elementwiseTwins(memory), ...rowTwins(memory), ...matrixTwins(memory), ...convolutionTwins(memory), ...depthwiseTwins(memory), ...poolTwins(memory), ...segmentTwins(memory), ...activationTwins(memory), ...sparseTwins(memory), ...columnTwins(memory), ...distanceTwins(memory) };
}
