/** A codec makes the values of one linear field smaller on the wire, with or without loss. One file each; `registry.ts` lists them. */
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

export interface Codec {
  readonly name: string;
  encode(values: Float32Array, random: RandomSource): EncodedField;
  /** @throws bad_frame where the parts are not those of so many values */
  decode(encoded: EncodedField): Float32Array;
}

export const isEncoded = (field: object): field is EncodedField => 'codec' in field;
