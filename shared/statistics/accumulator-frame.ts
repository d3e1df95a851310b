/** An accumulator as a tensor frame, bits kept: what an edge aggregator forwards. */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { ASSIGNMENT_ID_PATTERN, DIGEST_PATTERN, type AssignmentId, type Digest } from '../ids.ts';
import { decodeFrame, encodeFrame, parsePart, type FrameLimits } from '../protocol/frame.ts';
import { createAccumulator, type Accumulator } from './accumulator.ts';
import { requireMeaning, requireRange } from './check.ts';
import { isLinear, isMeasured, type FieldRange, type FieldSpec, type StatisticSchema } from './statistic.ts';
import { sumOfSquares } from './sum-of-squares.ts';

const KIND = 'accumulator';

/** Room for 10,000 assignment ids of the longest kind. */
export const ACCUMULATOR_HEADER_BYTES = 2 * 1024 * 1024;

const Meta = z.strictObject({
  layout: z.string().regex(DIGEST_PATTERN).transform((text) => text as Digest),
  weight: z.custom<number>((value) => typeof value === 'number', 'a number expected'),
  contains: z.array(z.string().regex(ASSIGNMENT_ID_PATTERN).transform((text) => text as AssignmentId)),
});

export function encodeAccumulator(accumulator: Accumulator, layout: Digest): Uint8Array {
  const { weight, contains, partials } = accumulator.parts();
  const tensors = accumulator.schema.fields.map(({ name }) => ({ name, dtype: 'float64' as const, shape: [partials[name].length], values: partials[name] }));
  return encodeFrame({ kind: KIND, meta: { layout, weight, contains }, tensors });
}

export interface ForwardedAccumulator {
  readonly layout: Digest;
  /** Checked whole against the schema; owns its memory or views the bytes given, which must then be left to it. */
  readonly accumulator: Accumulator;
}

/**
 * @throws bad_frame, too_large, unsupported_version; bad_layout: other fields than the schema's; bad_weight: more than
 * its contributions may weigh; not_finite; out_of_range: what so many contributions cannot count to; norm_too_large: more than
 * so many contributions could come to.
 */
export function decodeAccumulator(bytes: Uint8Array, schema: StatisticSchema, limits: FrameLimits = {}): ForwardedAccumulator {
  const frame = decodeFrame(bytes, { maxHeaderBytes: ACCUMULATOR_HEADER_BYTES, ...limits });
  if (frame.kind !== KIND) throw new MurmurError('bad_frame', `the frame is of kind ${frame.kind}, an ${KIND} was expected`);
  const { layout, weight, contains } = parsePart(Meta, frame.meta, 'meta of the accumulator');
  if (new Set(contains).size !== contains.length) throw new MurmurError('bad_frame', 'an assignment is named twice in one accumulator');
  const partials = frame.tensors.map(({ name, values, dtype }): [string, Float64Array] => {
    if (values instanceof Float64Array) return [name, values];
    throw new MurmurError('bad_frame', `field ${JSON.stringify(name)} is ${dtype}; an accumulator's fields are float64`);
  });
  const known = new Set(schema.fields.map(({ name }) => name));
  const surplus = partials.find(([name]) => !known.has(name));
  if (surplus) throw new MurmurError('bad_layout', `field ${surplus[0]} is not one of this task's (${[...known].join(', ')})`);
  const accumulator = createAccumulator(schema, { weight, contains, partials: Object.fromEntries(partials) });
  checkForwarded(accumulator);
  return { layout, accumulator };
}

/** The bounds that every sum of `count` checked statistics meets. */
function checkForwarded({ schema, weight, count, parts }: Accumulator): void {
  const { partials } = parts();
  if (count === 0) throw new MurmurError('bad_frame', 'the accumulator contains no assignment; there is nothing to merge');
  // Weights were summed in some order: allow for its rounding.
  if (!(weight > 0 && weight <= count * schema.maxWeight * (1 + 1e-9))) {
    throw new MurmurError('bad_weight', `the weight is ${weight}; ${count} contributions of at most ${schema.maxWeight} cannot come to that`);
  }
  for (const field of schema.fields) {
    const { name, monoid } = field;
    const values = partials[name];
    const norm = Math.sqrt(sumOfSquares(values));
    if (!Number.isFinite(norm)) {
      const index = values.findIndex((value) => !Number.isFinite(value));
      if (index >= 0) throw new MurmurError('not_finite', `field ${name} has ${values[index]} at index ${index}`, { details: { field: name, index } });
      if (isLinear(monoid)) throw new MurmurError('norm_too_large', `field ${name} holds values so large that their sum could overflow`);
    }
    const range = rangeOfMerged(field, count, weight);
    if (range) requireRange(name, range, values);
    requireMeaning(field, values);
    if (schema.maxNorm === null || !isMeasured(field)) continue;
    // By the triangle inequality: a mean is no longer than its longest part, a sum no longer than all of them.
    const most = schema.maxNorm * (monoid === 'weighted-mean' ? weight : count) * (1 + 1e-9);
    if (norm > most) throw new MurmurError('norm_too_large', `field ${name} has the norm ${norm}; ${count} contributions of at most ${schema.maxNorm} cannot come to that`);
  }
}

/** What values each within the field's range come to when `count` of them have merged, `weight` in all; undefined: anything. */
function rangeOfMerged({ monoid, range }: FieldSpec, count: number, weight: number): FieldRange | undefined {
  if (range === undefined || !isLinear(monoid)) return range;
  const { atLeast = -Infinity, atMost = Infinity } = range;
  if (monoid === 'sum') return { ...range, atLeast: atLeast * count, atMost: atMost * count };
  // Weighted values are no whole numbers, and were rounded as they were added.
  const slack = (1e-9 * weight) * (1 + (Number.isFinite(atLeast) ? Math.abs(atLeast) : 0) + (Number.isFinite(atMost) ? Math.abs(atMost) : 0));
  return { atLeast: atLeast * weight - slack, atMost: atMost * weight + slack };
}
