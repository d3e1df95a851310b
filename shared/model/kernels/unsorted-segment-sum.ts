/** UnsortedSegmentSum for the wasm backend: rows added up by segment. It is the gradient of gathering, so embeddings need it. */
import { util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { runPrepared, type Prepared } from './prepared.ts';
import { wasmKernels, type KernelCall } from './wasm-backend.ts';

/** x [n, …] of float32 or int32, segmentIds int32 [n] → [segments, …]. Addresses: x, segmentIds, output. @throws backend_failed for other types of numbers */
export function prepareUnsortedSegmentSum(kernels: Kernels, xShape: readonly number[], dtype: DataType, segments: number): Prepared {
  if (dtype !== 'float32' && dtype !== 'int32') throw new MurmurError('backend_failed', `UnsortedSegmentSum takes float32 or int32, not ${dtype}`);
  const sum = dtype === 'float32' ? kernels.segmentSum : kernels.segmentSumOfInts;
  const [rows] = xShape;
  const width = util.sizeFromShape(xShape.slice(1));
  return { scratchBytes: 0, run: ([x, segmentIds, out]) => sum(x, rows, width, segmentIds, out, segments) };
}

/** Rows whose segment is out of range are left out. */
export function unsortedSegmentSum({ inputs: { x, segmentIds }, backend, attrs: { numSegments } }: KernelCall<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>): TensorInfo {
  return runPrepared(backend, prepareUnsortedSegmentSum(wasmKernels(backend), x.shape, x.dtype, numSegments), [x, segmentIds], [numSegments, ...x.shape.slice(1)], x.dtype);
}
