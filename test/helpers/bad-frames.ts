/** Reports of the toy line that must be refused, each with the code that says why. */
import type { ErrorCode } from '../../shared/errors.ts';
import { asAssignmentId, asDigest, type AssignmentId } from '../../shared/ids.ts';
import { encodeFrame, type Frame } from '../../shared/protocol/frame.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { encodeReport } from '../../shared/statistics/report-frame.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import { toyReport, toyStatistic } from './hand-edge.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';

export interface BadFrame {
  readonly name: string;
  readonly frame: Uint8Array;
  readonly code: ErrorCode;
}

/** The bound on norms that the tasks of these tests set. */
export const MAX_NORM = 8;

const PRELUDE_BYTES = 12;

/** The frame with its header's text changed, and the length said anew. */
function withHeader(frame: Uint8Array, change: (header: string) => string): Uint8Array {
  const length = new DataView(frame.buffer, frame.byteOffset).getUint32(8, true);
  const header = new TextEncoder().encode(change(new TextDecoder().decode(frame.subarray(PRELUDE_BYTES, PRELUDE_BYTES + length))));
  const body = frame.subarray(Math.ceil((PRELUDE_BYTES + length) / 8) * 8);
  const start = Math.ceil((PRELUDE_BYTES + header.length) / 8) * 8;
  const bytes = new Uint8Array(start + body.length);
  bytes.set(frame.subarray(0, 8));
  new DataView(bytes.buffer).setUint32(8, header.length, true);
  bytes.set(header, PRELUDE_BYTES);
  bytes.set(body, start);
  return bytes;
}

function patched(frame: Uint8Array, at: number, value: number): Uint8Array {
  const bytes = frame.slice();
  bytes[at] = value;
  return bytes;
}

/** @param own the reporter's open assignment; @param another somebody else's open one in the same round */
export function badFrames(own: AssignmentId, another: AssignmentId, schema: StatisticSchema): BadFrame[] {
  const good = toyReport(own, [0.5, 0.5]);
  const [task, round, index] = own.split('.');
  const withFields = (fields: Record<string, Float32Array | Float64Array>, weight = 1): Uint8Array => encodeReport({ assignment: own, layout: TOY_LAYOUT.digest, statistic: { weight, fields } });
  const { delta, trainLoss, examples } = toyStatistic([0.5, 0.5]).fields;
  const otherKind: Frame = { kind: 'checkpoint', meta: {}, tensors: [] };
  const accumulator = createAccumulator(schema);
  accumulator.add(toyStatistic([0.5, 0.5]), own);
  return [
    { name: 'a single 0xC1', frame: Uint8Array.of(0xc1), code: 'bad_frame' },
    { name: 'no byte at all', frame: new Uint8Array(0), code: 'bad_frame' },
    { name: 'the prelude alone', frame: good.slice(0, PRELUDE_BYTES), code: 'bad_frame' },
    { name: 'a truncated header', frame: good.slice(0, 40), code: 'bad_frame' },
    { name: 'a truncated body', frame: good.slice(0, good.length - 8), code: 'bad_frame' },
    { name: 'a surplus', frame: Uint8Array.of(...good, 0, 0, 0, 0, 0, 0, 0, 0), code: 'bad_frame' },
    { name: 'a header of 4 GiB', frame: good.slice().fill(0xff, 8, 12), code: 'bad_frame' },
    { name: 'a tensor of 2^40 bytes', frame: withHeader(good, (header) => header.replace('"shape":[2]', `"shape":[${2 ** 38}]`)), code: 'bad_frame' },
    { name: 'a tensor of uncountably many elements', frame: withHeader(good, (header) => header.replace('"shape":[2]', '"shape":[1e300,1e300]')), code: 'bad_frame' },
    { name: 'a header that is no JSON', frame: patched(good, PRELUDE_BYTES, 0x7f), code: 'bad_frame' },
    { name: 'a header that is no UTF-8', frame: patched(good, PRELUDE_BYTES + 2, 0xff), code: 'bad_frame' },
    { name: 'a wrong magic', frame: patched(good, 0, 0x4e), code: 'bad_frame' },
    { name: 'a later version', frame: patched(good, 4, 2), code: 'unsupported_version' },
    { name: 'another kind', frame: encodeFrame(otherKind), code: 'bad_frame' },
    { name: 'an accumulator', frame: encodeAccumulator(accumulator, TOY_LAYOUT.digest), code: 'bad_frame' },
    { name: 'NaN in the last value', frame: toyReport(own, [0.5, Number.NaN]), code: 'not_finite' },
    { name: 'infinity in the last value', frame: toyReport(own, [0.5, Number.POSITIVE_INFINITY]), code: 'not_finite' },
    { name: 'NaN in the last field', frame: withFields({ delta, trainLoss, examples: Float64Array.of(Number.NaN) }), code: 'not_finite' },
    { name: 'a missing field', frame: withFields({ delta, examples }), code: 'bad_layout' },
    { name: 'a field too many', frame: withFields({ delta, trainLoss, examples, more: Float32Array.of(1) }), code: 'bad_layout' },
    { name: 'a value too many', frame: withFields({ delta: Float32Array.of(0.5, 0.5, 0.5), trainLoss, examples }), code: 'bad_layout' },
    { name: 'another dtype', frame: withFields({ delta: Float64Array.from(delta), trainLoss, examples }), code: 'bad_layout' },
    { name: 'the layout of another model', frame: encodeReport({ assignment: own, layout: asDigest('0'.repeat(64)), statistic: toyStatistic([0.5, 0.5]) }), code: 'bad_layout' },
    { name: 'no weight', frame: toyReport(own, [0.5, 0.5], 0), code: 'bad_weight' },
    { name: 'a negative weight', frame: toyReport(own, [0.5, 0.5], -1), code: 'bad_weight' },
    { name: 'a weight beyond the bound', frame: toyReport(own, [0.5, 0.5], 1e9), code: 'bad_weight' },
    { name: 'an infinite weight', frame: withHeader(good, (header) => header.replace('"weight":1', '"weight":1e999')), code: 'bad_weight' },
    { name: 'a norm beyond the bound', frame: toyReport(own, [MAX_NORM, 1]), code: 'norm_too_large' },
    { name: 'another edge’s assignment', frame: toyReport(another, [0.5, 0.5]), code: 'unknown_assignment' },
    { name: 'another round', frame: toyReport(asAssignmentId(`${task}.${Number(round) + 1}.${index}`), [0.5, 0.5]), code: 'wrong_round' },
    { name: 'another task', frame: toyReport(asAssignmentId(`other.${round}.${index}`), [0.5, 0.5]), code: 'wrong_task' },
  ];
}
