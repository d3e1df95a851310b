/** A letter as a tensor frame. A plain field is one tensor of its name; an encoded one has its parts, named `field/part`. */
import { z } from 'zod';
import { isEncoded, type EncodedField } from '../compression/codec.ts';
import { findCodec } from '../compression/registry.ts';
import { MurmurError } from '../errors.ts';
import { DIGEST_PATTERN, type Digest } from '../ids.ts';
import { parserOf } from '../protocol/as-it-is.ts';
import { decodeFrame, encodeFrame, parsePart, type DecodedFrame, type HeaderMemo } from '../protocol/frame.ts';
import { checkStatistic } from '../statistics/check.ts';
import type { FieldSpec, FieldValues, Statistic, StatisticSchema } from '../statistics/statistic.ts';
import { dtypeOf, type NamedTensor } from '../tensors/dtypes.ts';
import { sizeOf } from '../tensors/layout.ts';
import type { Letter } from './way.ts';

export const LETTER = 'letter';

const Meta = z.strictObject({
  /** The sender's. */
  round: z.int().positive(),
  layout: z.string().regex(DIGEST_PATTERN) as unknown as z.ZodType<Digest>,
  weight: z.custom<number>((value) => typeof value === 'number', 'a number expected'),
  /** Codec of each field that has one. */
  codecs: z.record(z.string(), z.string()).optional(),
});
const metaParser = parserOf(Meta);

export interface LetterHead {
  readonly round: number;
  readonly layout: Digest;
}

export function encodeLetter({ round, layout }: LetterHead, letter: Letter): Uint8Array {
  const codecs: Record<string, string> = {};
  const tensors = Object.entries(letter.fields).flatMap(([name, field]): NamedTensor[] => {
    if (!isEncoded(field)) return [{ name, dtype: dtypeOf(field), shape: [field.length], values: field }];
    codecs[name] = field.codec;
    return field.parts.map((part) => ({ ...part, name: `${name}/${part.name}` }));
  });
  return encodeFrame({ kind: LETTER, meta: { round, layout, weight: letter.weight, ...(Object.keys(codecs).length > 0 ? { codecs } : {}) }, tensors });
}

export interface ReadLetter {
  readonly round: number;
  readonly statistic: Statistic;
}

/**
 * Decoded and checked whole. Plain fields are views of the frame's bytes, and are not to be changed.
 * @throws bad_frame, bad_layout, bad_weight, not_finite, out_of_range, norm_too_large
 */
export function readLetter(frame: DecodedFrame, schema: StatisticSchema, layout: Digest): Statistic {
  return readWhole(frame, schema, layout).statistic;
}

/** The same with the round. */
function readWhole(frame: DecodedFrame, schema: StatisticSchema, layout: Digest): ReadLetter {
  const meta = parsePart(metaParser, frame.meta, 'meta of the letter');
  if (meta.layout !== layout) throw new MurmurError('bad_layout', 'the letter belongs to a model of another layout');
  const fields: Record<string, FieldValues> = {};
  let taken = 0;
  for (const field of schema.fields) {
    const codec = meta.codecs?.[field.name];
    fields[field.name] = fieldOf(frame, field, codec);
    taken += codec === undefined ? 1 : partsOf(frame, field.name).length;
  }
  if (taken !== frame.tensors.length) throw new MurmurError('bad_layout', `the letter has ${frame.tensors.length} tensors, ${taken} of which are fields of this task (${schema.fields.map(({ name }) => name).join(', ')})`);
  const statistic = { weight: meta.weight, fields };
  checkStatistic(schema, statistic);
  return { round: meta.round, statistic };
}

/** How bytes become letters. Simulated peers, who are handed the same bytes, share what was read of them. */
export interface LetterReader {
  /** @throws as `decodeFrame` */
  decode(bytes: Uint8Array): DecodedFrame;
  /** @throws as `readLetter` */
  read(frame: DecodedFrame, schema: StatisticSchema, layout: Digest): ReadLetter;
}

/** Neighbours' letters of one round have one header. */
const memo: HeaderMemo = { last: null };

export const LETTER_READER: LetterReader = { decode: (bytes) => decodeFrame(bytes, { memo }), read: readWhole };

function fieldOf(frame: DecodedFrame, { name, shape }: FieldSpec, codec: string | undefined): FieldValues {
  if (codec !== undefined) {
    const encoded: EncodedField = { codec, size: sizeOf(shape), parts: partsOf(frame, name) };
    return findCodec(codec).decode(encoded);
  }
  const tensor = frame.tensors.find((one) => one.name === name);
  if (tensor === undefined) throw new MurmurError('bad_layout', `field ${name} is missing`, { details: { field: name } });
  const { values } = tensor;
  if (values instanceof Float32Array || values instanceof Float64Array) return values;
  throw new MurmurError('bad_frame', `field ${name} is ${tensor.dtype}; fields are float32 or float64`);
}

function partsOf(frame: DecodedFrame, field: string): NamedTensor[] {
  const prefix = `${field}/`;
  return frame.tensors.filter(({ name }) => name.startsWith(prefix)).map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) }));
}
