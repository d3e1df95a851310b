/** A report as a tensor frame: one edge's statistic for one assignment. Fields travel flat; the schema knows their shapes. */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { ASSIGNMENT_ID_PATTERN, DIGEST_PATTERN, type AssignmentId, type Digest } from '../ids.ts';
import { parserOf } from '../protocol/as-it-is.ts';
import { decodeFrame, encodeFrame, encodeFramePieces, parsePart, type Frame, type FrameLimits } from '../protocol/frame.ts';
import { dtypeOf } from '../tensors/dtypes.ts';
import type { FieldValues, Statistic } from './statistic.ts';

const KIND = 'report';

export interface Report {
  readonly assignment: AssignmentId;
  /** Digest of the layout of the model that the statistic belongs to. */
  readonly layout: Digest;
  readonly statistic: Statistic;
}

const Meta = z.strictObject({
  assignment: z.string().regex(ASSIGNMENT_ID_PATTERN) as unknown as z.ZodType<AssignmentId>,
  layout: z.string().regex(DIGEST_PATTERN) as unknown as z.ZodType<Digest>,
  // JSON can say 1e999: that is an infinite weight, and its own check refuses it.
  weight: z.custom<number>((value) => typeof value === 'number', 'a number expected'),
});
const metaParser = parserOf(Meta);

/** @throws bad_weight for a weight that JSON cannot carry. */
export function encodeReport(report: Report): Uint8Array {
  return encodeFrame(frameOf(report));
}

/** The same as `encodeFramePieces` has it: the statistic must not change until the report was sent. */
export function encodeReportPieces(report: Report): readonly Uint8Array[] {
  return encodeFramePieces(frameOf(report));
}

function frameOf(report: Report): Frame {
  const { assignment, layout, statistic } = report;
  if (!Number.isFinite(statistic.weight)) throw new MurmurError('bad_weight', `the weight is ${statistic.weight}; it must be finite`);
  const tensors = Object.entries(statistic.fields).map(([name, values]) => ({ name, dtype: dtypeOf(values), shape: [values.length], values }));
  return { kind: KIND, meta: { assignment, layout, weight: statistic.weight }, tensors };
}

/**
 * The fields are views of `bytes` where alignment allows (see DecodedFrame). Whether they fit the
 * task is for `checkStatistic`. @throws bad_frame, too_large, unsupported_version.
 */
export function decodeReport(bytes: Uint8Array, limits?: FrameLimits): Report {
  const frame = decodeFrame(bytes, limits);
  if (frame.kind !== KIND) throw new MurmurError('bad_frame', `the frame is of kind ${frame.kind}, a ${KIND} was expected`);
  const { assignment, layout, weight } = parsePart(metaParser, frame.meta, 'meta of the report');
  const fields = frame.tensors.map(({ name, values, dtype }): [string, FieldValues] => {
    if (values instanceof Float32Array || values instanceof Float64Array) return [name, values];
    throw new MurmurError('bad_frame', `field ${JSON.stringify(name)} is ${dtype}; fields are float32 or float64`);
  });
  return { assignment, layout, statistic: { weight, fields: Object.fromEntries(fields) } };
}
