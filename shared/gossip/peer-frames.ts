/** What peers of one task say to each other beside letters. All are tensor frames, most without a tensor. */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { DIGEST_PATTERN, type Digest } from '../ids.ts';
import { parserOf } from '../protocol/as-it-is.ts';
import { encodeFrame, parsePart, type DecodedFrame } from '../protocol/frame.ts';
import { checkStatistic } from '../statistics/check.ts';
import type { Layout } from '../tensors/layout.ts';

export const BEGINS = 'begins';
export const MODEL_REQUEST = 'model-request';
export const MODEL = 'model';

const Begins = z.strictObject({
  /** The sender's first round whose letters the receiver may expect; null: it sends none any more, or has not begun. */
  round: z.int().positive().nullable(),
  /** The sender has a model that it learned, which a newcomer may ask for. */
  learned: z.boolean(),
});
export type Begins = z.output<typeof Begins>;
const beginsParser = parserOf(Begins);

const ModelMeta = z.strictObject({ round: z.int().nonnegative(), layout: z.string().regex(DIGEST_PATTERN) as unknown as z.ZodType<Digest> });
const modelParser = parserOf(ModelMeta);

export const encodeBegins = (begins: Begins): Uint8Array => encodeFrame({ kind: BEGINS, meta: { ...begins }, tensors: [] });
/** @throws bad_frame */
export const readBegins = (frame: DecodedFrame): Begins => parsePart(beginsParser, frame.meta, 'meta of begins');

export const encodeModelRequest = (): Uint8Array => encodeFrame({ kind: MODEL_REQUEST, meta: {}, tensors: [] });

export function encodeModel(round: number, layout: Digest, parameters: Float32Array): Uint8Array {
  return encodeFrame({ kind: MODEL, meta: { round, layout }, tensors: [{ name: 'parameters', dtype: 'float32', shape: [parameters.length], values: parameters }] });
}

/** @throws bad_frame, bad_layout, not_finite: not a model of this layout; the parameters are a copy */
export function readModel(frame: DecodedFrame, layout: Layout): { readonly round: number; readonly parameters: Float32Array } {
  const { round, layout: digest } = parsePart(modelParser, frame.meta, 'meta of the model');
  if (digest !== layout.digest) throw new MurmurError('bad_layout', 'the model has another layout than this task’s');
  const [tensor, ...more] = frame.tensors;
  if (tensor?.name !== 'parameters' || !(tensor.values instanceof Float32Array) || more.length > 0) throw new MurmurError('bad_frame', 'a model is one float32 tensor, parameters');
  checkStatistic({ fields: [{ name: 'parameters', monoid: 'weighted-mean', dtype: 'float32', shape: [layout.size] }], maxWeight: 1, maxNorm: null }, { weight: 1, fields: { parameters: tensor.values } });
  return { round, parameters: tensor.values.slice() };
}
