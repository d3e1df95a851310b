/** Reports of int8 or packed four-bit codes with a scale for each 256 of them, as tensor frames; never unpacked on our side. */
import { MurmurError } from '../../../shared/errors.ts';
import { QUANTIZED_BLOCK } from '../../../shared/kernels/twins/quantized.ts';
import { decodeFrame, encodeFrame } from '../../../shared/protocol/frame.ts';
import { createRandom } from '../../../shared/random.ts';
import { createQuantizedSum, type QuantizedVector } from '../../../shared/statistics/quantized-sum.ts';
import type { AggregateCase } from './cases.ts';
import type { Contenders } from './contender.ts';

export function quantizedReports({ reports, values, kind }: AggregateCase): Contenders {
  const bits = kind === 'int8' ? 8 : 4;
  const [squaresOf, add] = bits === 8 ? [blockSquares8, addBlock8] : [blockSquares4, addBlock4];
  const bytes = bits === 8 ? values : Math.ceil(values / 2);
  const blocks = Math.ceil(values / QUANTIZED_BLOCK);
  const frames = Array.from({ length: reports }, (_, n) => quantizedFrame(n, bytes, blocks));
  const weightOf = (n: number): number => 100 + n;
  let ours = createQuantizedSum(values);
  let loops = new Float64Array(values);
  const copied = new Int8Array(bytes);

  const decoded = (frame: Uint8Array): QuantizedVector => {
    const [scales, codes] = decodeFrame(frame).tensors;
    if (!(scales.values instanceof Float32Array) || !(codes.values instanceof Int8Array)) throw new MurmurError('bad_frame', 'scales in float32 and codes in int8 were expected');
    return { bits, size: values, scales: scales.values, codes: codes.values };
  };

  return {
    ours() {
      ours = createQuantizedSum(values);
      frames.forEach((frame, n) => {
        ours.check(decoded(frame));
        ours.add(weightOf(n));
      });
      // The last few are folded in when somebody asks.
      ours.values();
    },
    loops() {
      loops = new Float64Array(values);
      frames.forEach((frame, n) => {
        const vector = decoded(frame);
        let squares = 0;
        for (let block = 0; block < blocks; block++) squares += squaresOf(vector, block);
        if (!Number.isFinite(squares)) throw new MurmurError('not_finite', 'a scale is not finite');
        for (let block = 0; block < blocks; block++) add(loops, vector, block, weightOf(n));
      });
    },
    copy() {
      for (const frame of frames) copied.set(new Int8Array(frame.buffer, frame.byteLength - bytes, bytes));
    },
    sum: () => ours.values(),
    loopSum: () => loops,
    absoluteSum() {
      const sum = new Float64Array(values);
      frames.forEach((frame, n) => {
        const one = new Float64Array(values);
        const vector = decoded(frame);
        for (let block = 0; block < blocks; block++) add(one, vector, block, weightOf(n));
        one.forEach((value, i) => (sum[i] += Math.abs(value)));
      });
      return sum;
    },
  };
}

function quantizedFrame(seed: number, bytes: number, blocks: number): Uint8Array {
  const random = createRandom(seed);
  const codes = new Int8Array(Math.ceil(bytes / 4) * 4);
  new Int32Array(codes.buffer).forEach((_, i, words) => (words[i] = random.int(2 ** 32)));
  const scales = Float32Array.from({ length: blocks }, () => random.next() * 1e-3);
  return encodeFrame({
    kind: 'bench',
    meta: {},
    tensors: [
      { name: 'delta.scales', dtype: 'float32', shape: [blocks], values: scales },
      { name: 'delta.codes', dtype: 'int8', shape: [bytes], values: codes.subarray(0, bytes) },
    ],
  });
}

// A function a block: one that loops over millions in a single call is never compiled whole. And one for each width: the
// baseline is to be as fast as such loops get.
function blockSquares8({ size, codes, scales }: QuantizedVector, block: number): number {
  const end = Math.min((block + 1) * QUANTIZED_BLOCK, size);
  let squares = 0;
  for (let i = block * QUANTIZED_BLOCK; i < end; i++) squares += codes[i] * codes[i];
  return squares * scales[block] ** 2;
}

function addBlock8(sum: Float64Array, { size, codes, scales }: QuantizedVector, block: number, weight: number): void {
  const end = Math.min((block + 1) * QUANTIZED_BLOCK, size);
  const factor = weight * scales[block];
  for (let i = block * QUANTIZED_BLOCK; i < end; i++) sum[i] += factor * codes[i];
}

// Two codes a byte; where their number is odd the last byte's upper half stands for nothing.
function blockSquares4({ size, codes, scales }: QuantizedVector, block: number): number {
  const end = Math.min((block + 1) * QUANTIZED_BLOCK, size);
  let squares = 0;
  for (let i = block * QUANTIZED_BLOCK; i < end; i += 2) {
    const byte = codes[i >> 1];
    const low = (byte << 28) >> 28;
    const high = byte >> 4;
    squares += low * low + (i + 1 < end ? high * high : 0);
  }
  return squares * scales[block] ** 2;
}

function addBlock4(sum: Float64Array, { size, codes, scales }: QuantizedVector, block: number, weight: number): void {
  const end = Math.min((block + 1) * QUANTIZED_BLOCK, size);
  const factor = weight * scales[block];
  for (let i = block * QUANTIZED_BLOCK; i < end; i += 2) {
    const byte = codes[i >> 1];
    sum[i] += factor * ((byte << 28) >> 28);
    if (i + 1 < end) sum[i + 1] += factor * (byte >> 4);
  }
}
