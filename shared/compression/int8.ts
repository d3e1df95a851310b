/**
 * A byte a value, and a scale for each block of 256; rounded up or down by lot, so that the mean is right (QSGD: Alistarh, Grubic,
 * Li, Tomioka, Vojnovic 2017). The layout is that of the kernels for vectors of small integers.
 */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { QUANTIZED_BLOCK } from '../kernels/twins/quantized.ts';
import type { RandomSource } from '../random.ts';
import { partsOf, type Codec } from './codec.ts';

const Config = z.strictObject({ name: z.literal('int8') });

const MOST = 127;

export const int8 = {
  name: 'int8',
  config: Config,
  encode(values, _config, random) {
    const codes = new Int8Array(values.length);
    const scales = new Float32Array(Math.ceil(values.length / QUANTIZED_BLOCK));
    for (let block = 0; block < scales.length; block++) scales[block] = encodeBlock(values, codes, block * QUANTIZED_BLOCK, random);
    return {
      codec: 'int8', size: values.length,
      parts: [{ name: 'codes', dtype: 'int8', shape: [codes.length], values: codes }, { name: 'scales', dtype: 'float32', shape: [scales.length], values: scales }],
    };
  },
  decode(encoded) {
    const { size } = encoded;
    const [codes, scales] = partsOf(encoded, ['codes', 'int8'], ['scales', 'float32']);
    if (codes.length !== size || scales.length !== Math.ceil(size / QUANTIZED_BLOCK)) throw new MurmurError('bad_frame', `int8 has a code for each of ${size} values and a scale for each ${QUANTIZED_BLOCK}`);
    if (!scales.every((scale) => scale >= 0 && scale <= 2 ** 120)) throw new MurmurError('bad_frame', 'a scale of int8 is not a positive number');
    const values = new Float32Array(size);
    for (let i = 0; i < size; i++) values[i] = scales[Math.floor(i / QUANTIZED_BLOCK)] * codes[i];
    return values;
  },
} as const satisfies Codec<z.output<typeof Config>>;

/** @returns the block's scale */
function encodeBlock(values: Float32Array, codes: Int8Array, from: number, random: RandomSource): number {
  const to = Math.min(from + QUANTIZED_BLOCK, values.length);
  let largest = 0;
  for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(values[i]));
  const scale = Math.fround(largest / MOST);
  // So small that float32 has no scale for them: all codes stay 0.
  if (scale === 0) return 0;
  for (let i = from; i < to; i++) codes[i] = Math.max(-MOST, Math.min(MOST, Math.floor(values[i] / scale + random.next())));
  return scale;
}
