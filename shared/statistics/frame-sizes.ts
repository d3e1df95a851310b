/** How long a frame of one task can be at most: known before a byte of it is taken in. */
import { DEFAULT_HEADER_BYTES } from '../protocol/frame.ts';
import { alignTo8, widthOf } from '../tensors/dtypes.ts';
import { sizeOf } from '../tensors/layout.ts';
import { ACCUMULATOR_HEADER_BYTES } from './accumulator-frame.ts';
import type { FieldSpec, StatisticSchema } from './statistic.ts';

/** Magic, version and header length, and the padding behind the header. */
const PRELUDE_AND_PADDING = 12 + 8;

const bodyBytes = (fields: readonly FieldSpec[], width: (field: FieldSpec) => number): number =>
  fields.reduce((sum, field) => sum + alignTo8(sizeOf(field.shape) * width(field)), 0);

/** Bytes of the longest frame that can be a report by this schema. */
export function largestReport({ fields }: Pick<StatisticSchema, 'fields'>): number {
  return PRELUDE_AND_PADDING + DEFAULT_HEADER_BYTES + bodyBytes(fields, ({ dtype }) => widthOf(dtype));
}

/** Bytes of the longest frame that can be an accumulator by this schema: its sums are float64, its header names many assignments. */
export function largestAccumulator({ fields }: Pick<StatisticSchema, 'fields'>): number {
  return PRELUDE_AND_PADDING + ACCUMULATOR_HEADER_BYTES + bodyBytes(fields, () => widthOf('float64'));
}
