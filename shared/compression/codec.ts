/** A codec makes the values of one linear field smaller on the wire, with or without loss. One file each; `registry.ts` lists them. */
import type { z } from 'zod';
import { MurmurError } from '../errors.ts';
import type { RandomSource } from '../random.ts';
import type { NamedTensor } from '../tensors/dtypes.ts';

/** A field as a codec has packed it. */
export interface EncodedField {
  readonly codec: string;
  /** Number of the field's values. */
  readonly size: number;
  /** Named within the field: `indices`, `values`, … */
  readonly parts: readonly NamedTensor[];
}

export interface Codec<Config = unknown> {
  readonly name: string;
  /** Its settings, its name among them: strict, every default filled in. */
  readonly config: z.ZodType<Config>;
  /** @param values finite */
  encode(values: Float32Array, config: Config, random: RandomSource): EncodedField;
  /** What `encode` made of the values, to the bit the same on every device. @throws bad_frame where the parts are not those of so many values */
  decode(encoded: EncodedField): Float32Array;
}

export const isEncoded = (field: object): field is EncodedField => 'codec' in field;

/** The parts of these names and dtypes, and no others. @throws bad_frame */
export function partsOf(encoded: EncodedField, ...expected: readonly (readonly [name: string, dtype: NamedTensor['dtype']])[]): readonly NamedTensor['values'][] {
  if (encoded.parts.length !== expected.length) throw new MurmurError('bad_frame', `${encoded.codec} has ${expected.length} parts, not ${encoded.parts.length}`);
  return expected.map(([name, dtype]) => {
    const part = encoded.parts.find((one) => one.name === name);
    if (part?.dtype !== dtype) throw new MurmurError('bad_frame', `${encoded.codec} has a part ${name} of ${dtype}, here it is ${part?.dtype ?? 'missing'}`);
    return part.values;
  });
}
