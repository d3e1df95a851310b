/**
 * The few protocol buffers that scalars need (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto):
 *
 *     Event        1 wall_time: double    2 step: int64    3 file_version: string    5 summary: Summary    7 session_log: SessionLog
 *     Summary      1 value: Value, repeated
 *     Value        1 tag: string          2 simple_value: float
 *     SessionLog   1 status: 1 is START
 *
 * `simple_value` is what every reader knows; TensorBoard turns it into a scalar of its own as it reads.
 */
import { MurmurError } from '../../../shared/errors.ts';

/** Wire types of protocol buffers. */
const VARINT = 0;
const DOUBLE = 1;
const BYTES = 2;
const FLOAT = 5;

const FILE_VERSION = 'brain.Event:2';
const START = 1;

export interface Scalar {
  readonly tag: string;
  /** Kept as a float32. */
  readonly value: number;
}

/** The first event of a file. @param wallSeconds seconds since the epoch */
export function fileVersionEvent(wallSeconds: number): Uint8Array {
  return joined(double(1, wallSeconds), text(3, FILE_VERSION));
}

/** Begins a session: what earlier ones of the same run wrote for `step` and later ones no longer holds. @throws internal for a step below 0 */
export function sessionStartEvent(wallSeconds: number, step: number): Uint8Array {
  return joined(double(1, wallSeconds), integer(2, step), message(7, integer(1, START)));
}

/** @throws internal for a step that is no safe integer from 0 */
export function scalarEvent(wallSeconds: number, step: number, { tag, value }: Scalar): Uint8Array {
  return joined(double(1, wallSeconds), integer(2, step), message(5, message(1, joined(text(1, tag), float(2, value)))));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function varint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new MurmurError('internal', `${value} is no step: a whole number from 0 is expected`);
  const bytes: number[] = [];
  // Beyond 32 bits, shifts would lose bits.
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

const key = (field: number, type: number): Uint8Array => varint(field * 8 + type);

/** 0 is the default and not written, as by every writer of this language. */
const integer = (field: number, value: number): Uint8Array => (value === 0 ? new Uint8Array(0) : joined(key(field, VARINT), varint(value)));

const message = (field: number, content: Uint8Array): Uint8Array => joined(key(field, BYTES), varint(content.byteLength), content);

const text = (field: number, value: string): Uint8Array => message(field, Buffer.from(value, 'utf8'));

function double(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return joined(key(field, DOUBLE), bytes);
}

function float(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return joined(key(field, FLOAT), bytes);
}
