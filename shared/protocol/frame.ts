/**
 * The tensor frame: what carries statistics, accumulators and other named tensors in bytes.
 *
 *     0  magic "MURM"            4 bytes
 *     4  version                 u8, 1
 *     5  zero                    3 bytes
 *     8  header length H         u32, little-endian
 *    12  header                  H bytes of JSON: { kind, meta, tensors: [{ name, dtype, shape }] }
 *        zeros                   up to the next multiple of 8
 *        tensors                 one behind the other, little-endian, each padded with zeros to a multiple of 8
 *
 * The lengths of the tensors follow from dtype and shape, so a frame has exactly one length.
 */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { alignTo8, bytesOf, claimedSize, dtypeOf, requireLittleEndian, TENSOR_DTYPES, viewTensor, widthOf, type NamedTensor } from '../tensors/dtypes.ts';
import { parserOf, type Parser } from './as-it-is.ts';

export const FRAME_VERSION = 1;
const MAGIC = [0x4d, 0x55, 0x52, 0x4d] as const;
const PRELUDE_BYTES = 12;
const PADDING = new Uint8Array(8);

export const DEFAULT_HEADER_BYTES = 64 * 1024;

export interface Frame {
  /** What the frame is: `report`, `accumulator`, … */
  readonly kind: string;
  /** Small JSON beside the tensors; each kind has its own schema for it. */
  readonly meta: Readonly<Record<string, unknown>>;
  readonly tensors: readonly NamedTensor[];
}

export interface DecodedFrame extends Frame {
  /**
   * False: the tensors are views of the bytes given, which must then be left unchanged.
   * True: those bytes did not begin at a multiple of 8 in their buffer, so the body was copied once.
   */
  readonly copied: boolean;
}

export interface FrameLimits {
  /** Longest header that is parsed; 64 KiB unless said otherwise. */
  readonly maxHeaderBytes?: number;
  /** Most bytes of the whole frame; not bounded unless said. */
  readonly maxBytes?: number;
  /** Where frames come whose headers are mostly the same, as a round's letters are. Their `meta` is then one object: it must not be changed. */
  readonly memo?: HeaderMemo;
}

/** The header that was read last, to its bytes: the same bytes are not read anew. Begins with null. */
export interface HeaderMemo {
  last: { readonly bytes: Uint8Array; readonly header: Header } | null;
}

/** Longer headers are rare, and would be held for nothing. */
const MOST_HELD_BYTES = 1024;

const Header = z.strictObject({
  kind: z.string().min(1).max(64),
  meta: z.record(z.string(), z.unknown()),
  tensors: z.array(
    z.strictObject({
      name: z.string().max(512),
      dtype: z.enum(TENSOR_DTYPES),
      shape: z.array(z.number()).max(16),
    }),
  ),
});

type Header = z.infer<typeof Header>;

const headerParser = parserOf(Header);

const encoder = new TextEncoder();
/** UTF-8 takes three bytes at most for a unit of a string. */
const MOST_BYTES_A_UNIT = 3;
/** Where headers are written first, since nothing tells how long one becomes; most are a few hundred bytes. */
const scratch = new Uint8Array(4096);
const decoder = new TextDecoder('utf-8', { fatal: true });

/** One allocation; the tensors' values are copied into it. @throws bad_layout where a shape and its number of values disagree. */
export function encodeFrame(frame: Frame): Uint8Array {
  const header = headerOf(frame);
  let length = alignTo8(PRELUDE_BYTES + header.length);
  for (const { values } of frame.tensors) length += alignTo8(values.byteLength);
  // Fresh memory is zero: so are the paddings.
  const bytes = new Uint8Array(length);
  let offset = putHead(bytes, header);
  for (const { dtype, values } of frame.tensors) {
    // Not as bytes: a small array's own buffer would have to be made for that.
    viewTensor(dtype, bytes, offset, values.length).set(values);
    offset += alignTo8(values.byteLength);
  }
  return bytes;
}

/**
 * The frame as pieces that belong one behind the other. Tensors are views of their own memory, which must stay as it is
 * until the frame was used: a large one need not be copied to be sent. @throws as `encodeFrame`
 */
export function encodeFramePieces(frame: Frame): readonly Uint8Array[] {
  const header = headerOf(frame);
  const head = new Uint8Array(alignTo8(PRELUDE_BYTES + header.length));
  putHead(head, header);
  const pieces: Uint8Array[] = [head];
  for (const { values } of frame.tensors) {
    pieces.push(bytesOf(values));
    const padding = alignTo8(values.byteLength) - values.byteLength;
    if (padding > 0) pieces.push(PADDING.subarray(0, padding));
  }
  return pieces;
}

/** The header's bytes, in memory that the next one may take. */
function headerOf({ kind, meta, tensors }: Frame): Uint8Array {
  requireLittleEndian();
  const described = tensors.map(({ name, dtype, shape, values }) => {
    if (claimedSize(shape) !== values.length || dtypeOf(values) !== dtype) {
      throw new MurmurError('bad_layout', `tensor ${name} is said to be ${dtype} of shape [${shape.join(', ')}] but holds ${values.length} values of ${dtypeOf(values)}`);
    }
    return { name, dtype, shape };
  });
  const text = JSON.stringify({ kind, meta, tensors: described });
  if (text.length * MOST_BYTES_A_UNIT > scratch.length) return encoder.encode(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

/** Into the beginning of a frame. @returns where the tensors begin */
function putHead(bytes: Uint8Array, header: Uint8Array): number {
  bytes.set(MAGIC);
  bytes[4] = FRAME_VERSION;
  for (let i = 0; i < 4; i++) bytes[8 + i] = header.length >>> (8 * i);
  bytes.set(header, PRELUDE_BYTES);
  return alignTo8(PRELUDE_BYTES + header.length);
}

/** @throws bad_frame saying what is wrong and where; too_large; unsupported_version. Nothing is allocated for what a header merely claims. */
export function decodeFrame(bytes: Uint8Array, limits: FrameLimits = {}): DecodedFrame {
  requireLittleEndian();
  const { maxHeaderBytes = DEFAULT_HEADER_BYTES, maxBytes = Infinity, memo } = limits;
  if (bytes.length > maxBytes) throw new MurmurError('too_large', `the frame has ${bytes.length} bytes, at most ${maxBytes} are taken`);
  for (let i = 0; i < MAGIC.length && i < bytes.length; i++) {
    if (bytes[i] !== MAGIC[i]) throw bad(`byte ${i} is 0x${hex(bytes[i])} where the magic "MURM" has 0x${hex(MAGIC[i])}: this is no tensor frame`);
  }
  if (bytes.length < PRELUDE_BYTES) throw bad(`${bytes.length} bytes are too few: the prelude alone takes ${PRELUDE_BYTES}`);
  if (bytes[4] !== FRAME_VERSION) throw new MurmurError('unsupported_version', `the frame has version ${bytes[4]}, this side reads version ${FRAME_VERSION}`);
  requireZeros(bytes, 5, 8, 'the reserved bytes');
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset, PRELUDE_BYTES).getUint32(8, true);
  if (headerBytes > maxHeaderBytes) throw bad(`the header claims ${headerBytes} bytes, at most ${maxHeaderBytes} are taken`);
  const headerEnd = PRELUDE_BYTES + headerBytes;
  if (headerEnd > bytes.length) throw bad(`the header is truncated: it claims ${headerBytes} bytes and ${bytes.length - PRELUDE_BYTES} follow`);
  const header = headerIn(bytes.subarray(PRELUDE_BYTES, headerEnd), memo);
  const bodyStart = alignTo8(headerEnd);

  // Lengths first, in 53-bit arithmetic, before a single view is made.
  const names = new Set<string>();
  let end = bodyStart;
  const places = header.tensors.map(({ name, dtype, shape }) => {
    if (names.has(name)) throw bad(`two tensors are named ${JSON.stringify(name)}`);
    names.add(name);
    const size = claimedSize(shape);
    const byteLength = size === null ? null : size * widthOf(dtype);
    if (size === null || byteLength === null || !Number.isSafeInteger(end + byteLength + 8)) {
      throw bad(`tensor ${JSON.stringify(name)} claims the shape [${shape.join(', ')}], which is no countable number of elements`);
    }
    const place = { name, dtype, shape, size, offset: end, end: end + byteLength };
    end = alignTo8(place.end);
    return place;
  });
  if (end > bytes.length) throw bad(`the body is too short: the header claims ${end - bodyStart} bytes and ${Math.max(0, bytes.length - bodyStart)} follow`);
  if (end < bytes.length) throw bad(`the body has a surplus: the header claims ${end - bodyStart} bytes and ${bytes.length - bodyStart} follow`);
  requireZeros(bytes, headerEnd, bodyStart, 'the padding behind the header');
  for (const place of places) requireZeros(bytes, place.end, alignTo8(place.end), `the padding behind tensor ${JSON.stringify(place.name)}`);

  const copied = bytes.byteOffset % 8 !== 0;
  // Not `slice`: of a Node Buffer that is a view, misaligned like the whole.
  const body = copied ? new Uint8Array(bytes.subarray(bodyStart)) : bytes.subarray(bodyStart);
  const tensors = places.map(({ name, dtype, shape, size, offset }): NamedTensor => ({ name, dtype, shape, values: viewTensor(dtype, body, offset - bodyStart, size) }));
  return { kind: header.kind, meta: header.meta, tensors, copied };
}

function headerIn(bytes: Uint8Array, memo: HeaderMemo | undefined): Header {
  if (memo === undefined) return parseHeader(bytes);
  if (memo.last !== null && areSame(memo.last.bytes, bytes)) return memo.last.header;
  const header = parseHeader(bytes);
  if (bytes.length <= MOST_HELD_BYTES) memo.last = { bytes: new Uint8Array(bytes), header };
  return header;
}

function areSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function parseHeader(bytes: Uint8Array): Header {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw bad(`the header is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  return parsePart(headerParser, json, 'the header');
}

/** Parses a part of a frame by its schema. @throws bad_frame naming the path. */
export function parsePart<T>(schema: Pick<Parser<T>, 'safeParse'>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw bad(`${what} is wrong at ${path.join('.') || 'its top'}: ${message}`);
}

function requireZeros(bytes: Uint8Array, from: number, to: number, what: string): void {
  for (let i = from; i < to; i++) {
    if (bytes[i] !== 0) throw bad(`${what} is not zero: byte ${i} is 0x${hex(bytes[i])}`);
  }
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

function bad(message: string, cause?: unknown): MurmurError {
  return new MurmurError('bad_frame', message, cause === undefined ? {} : { cause });
}
