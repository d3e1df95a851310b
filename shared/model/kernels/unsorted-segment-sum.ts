/** UnsortedSegmentSum for the wasm backend: rows added up by segment. It is the gradient of gathering, so embeddings need it. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import type { KernelCall } from './wasm-backend.ts';

/** x [n, …], segmentIds int32 [n] → [numSegments, …]. Rows whose segment is out of range are left out. */
export function unsortedSegmentSum({ inputs, backend, attrs }: KernelCall<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>): TensorInfo {
  const { x, segmentIds } = inputs;
  const { numSegments } = attrs;
  if (x.dtype !== 'float32' && x.dtype !== 'int32') throw new MurmurError('backend_failed', `UnsortedSegmentSum takes float32 or int32, not ${x.dtype}`);
  const rowShape = x.shape.slice(1);
  const width = rowShape.reduce((a, b) => a * b, 1);
  const result = backend.makeOutput([numSegments, ...rowShape], x.dtype);
  const sums = backend.typedArrayFromHeap(result).fill(0);
  const values = backend.typedArrayFromHeap(x);
  const segments = backend.typedArrayFromHeap(segmentIds);
  for (let row = 0; row < segments.length; row++) {
    const segment = segments[row];
    if (segment < 0 || segment >= numSegments) continue;
    const to = segment * width;
    const from = row * width;
    for (let i = 0; i < width; i++) sums[to + i] += values[from + i];
  }
  return result;
}
