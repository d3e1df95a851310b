/**
 * The safetensors format (Hugging Face, version 0.x): u64 little-endian header length, JSON header
 * `{ name: { dtype, shape, data_offsets: [begin, end] }, __metadata__: { key: text } }`, body without holes.
 * Written so that equal input gives equal bytes, with the body at a multiple of 8.
 */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { parserOf } from '../protocol/as-it-is.ts';
import { alignTo8, bytesOf, claimedSize, dtypeOf, requireLittleEndian, viewTensor, widthOf, type NamedTensor, type TensorDtype } from './dtypes.ts';

export type SafetensorsMetadata = Readonly<Record<string, string>>;

export interface Safetensors {
  /** In the order in which they lie in the body. */
  readonly tensors: readonly NamedTensor[];
  readonly metadata: SafetensorsMetadata;
}

export interface DecodedSafetensors extends Safetensors {
  /** False: the tensors are views of the bytes given. True: a tensor's place was not aligned, so the body was copied. */
  readonly copied: boolean;
}

const PRELUDE_BYTES = 8;
const METADATA_KEY = '__metadata__';
const DEFAULT_HEADER_BYTES = 16 * 1024 * 1024;

const CODES: Readonly<Record<TensorDtype, string>> = { float32: 'F32', float64: 'F64', int32: 'I32', int8: 'I8', uint8: 'U8' };
const DTYPES: ReadonlyMap<string, TensorDtype> = new Map((Object.keys(CODES) as TensorDtype[]).map((dtype) => [CODES[dtype], dtype]));

const Entry = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.number()).max(16),
  data_offsets: z.tuple([z.number(), z.number()]),
});
const Metadata = z.record(z.string(), z.string());
const entryParser = parserOf(Entry);
const metadataParser = parserOf(Metadata);
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The tensors lie in the order given, one directly behind the other. @throws bad_layout */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array {
  requireLittleEndian();
  const names = new Set<string>([METADATA_KEY]);
  const parts: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) parts.push(`"${METADATA_KEY}":{${keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`).join(',')}}`);
  let end = 0;
  for (const { name, dtype, shape, values } of tensors) {
    if (names.has(name)) throw new MurmurError('bad_layout', name === METADATA_KEY ? `${METADATA_KEY} cannot be a tensor's name in safetensors` : `two tensors are named ${name}`);
    if (claimedSize(shape) !== values.length || dtypeOf(values) !== dtype) {
      throw new MurmurError('bad_layout', `tensor ${name} is said to be ${dtype} of shape [${shape.join(', ')}] but holds ${values.length} values of ${dtypeOf(values)}`);
    }
    names.add(name);
    const begin = end;
    end += values.byteLength;
    // Assembled by hand: JSON.stringify of an object would move names that look like integers to the front.
    parts.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: CODES[dtype], shape, data_offsets: [begin, end] })}`);
  }
  const header = encoder.encode(`{${parts.join(',')}}`);
  const bodyStart = alignTo8(PRELUDE_BYTES + header.length);
  const bytes = new Uint8Array(bodyStart + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bodyStart - PRELUDE_BYTES), true);
  bytes.set(header, PRELUDE_BYTES);
  bytes.fill(0x20, PRELUDE_BYTES + header.length, bodyStart); // the format pads with spaces
  let offset = bodyStart;
  for (const { values } of tensors) {
    bytes.set(bytesOf(values), offset);
    offset += values.byteLength;
  }
  return bytes;
}

/** @throws bad_frame saying what is wrong and where. Nothing is allocated for what a header merely claims. */
export function decodeSafetensors(bytes: Uint8Array, limits: { readonly maxHeaderBytes?: number } = {}): DecodedSafetensors {
  requireLittleEndian();
  const { maxHeaderBytes = DEFAULT_HEADER_BYTES } = limits;
  if (bytes.length < PRELUDE_BYTES) throw bad(`${bytes.length} bytes are too few for a header's length`);
  const claimed = new DataView(bytes.buffer, bytes.byteOffset, PRELUDE_BYTES).getBigUint64(0, true);
  if (claimed > BigInt(maxHeaderBytes)) throw bad(`the header claims ${claimed} bytes, at most ${maxHeaderBytes} are taken`);
  const bodyStart = PRELUDE_BYTES + Number(claimed);
  if (bodyStart > bytes.length) throw bad(`the header is truncated: it claims ${claimed} bytes and ${bytes.length - PRELUDE_BYTES} follow`);
  const { entries, metadata } = parseHeader(bytes.subarray(PRELUDE_BYTES, bodyStart));

  // By place: the order of the names in the header means nothing in this format.
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) throw bad(`tensor ${JSON.stringify(entry.name)} begins at byte ${entry.begin} of the body, the one before ends at ${end}: holes and overlaps are not allowed`);
    end = entry.end;
  }
  const follow = bytes.length - bodyStart;
  if (end > follow) throw bad(`the body is too short: the header claims ${end} bytes and ${follow} follow`);
  if (end < follow) throw bad(`the body has a surplus: the header claims ${end} bytes and ${follow} follow`);

  // Others may write an unaligned body, or an int8 tensor before a float32 one.
  let body = bytes.subarray(bodyStart);
  const aligned = (entry: { dtype: TensorDtype; begin: number }, start: number): boolean => (start + entry.begin) % widthOf(entry.dtype) === 0;
  let copied = false;
  if (!entries.every((entry) => aligned(entry, body.byteOffset))) {
    body = new Uint8Array(body);
    copied = true;
  }
  const tensors = entries.map((entry): NamedTensor => {
    const { name, dtype, shape, size, begin } = entry;
    const values = aligned(entry, body.byteOffset) ? viewTensor(dtype, body, begin, size) : viewTensor(dtype, new Uint8Array(body.subarray(begin, entry.end)), 0, size);
    return { name, dtype, shape, values };
  });
  return { tensors, metadata, copied };
}

interface Place {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly size: number;
  readonly begin: number;
  readonly end: number;
}

function parseHeader(bytes: Uint8Array): { entries: Place[]; metadata: SafetensorsMetadata } {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new MurmurError('bad_frame', `safetensors: the header is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw bad('the header is no JSON object');
  let metadata: SafetensorsMetadata = {};
  const entries: Place[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name === METADATA_KEY) {
      const parsed = metadataParser.safeParse(value);
      if (!parsed.success) throw bad(`${METADATA_KEY} is wrong at ${parsed.error.issues[0].path.join('.') || 'its top'}: ${parsed.error.issues[0].message}`);
      metadata = parsed.data;
      continue;
    }
    const parsed = entryParser.safeParse(value);
    if (!parsed.success) throw bad(`tensor ${JSON.stringify(name)} is wrong at ${parsed.error.issues[0].path.join('.') || 'its top'}: ${parsed.error.issues[0].message}`);
    entries.push(placeOf(name, parsed.data));
  }
  return { entries, metadata };
}

function placeOf(name: string, { dtype: code, shape, data_offsets: [begin, end] }: z.infer<typeof Entry>): Place {
  const quoted = JSON.stringify(name);
  const dtype = DTYPES.get(code);
  if (dtype === undefined) throw bad(`tensor ${quoted} has the dtype ${code}; ${[...DTYPES.keys()].join(', ')} are read here`);
  const size = claimedSize(shape);
  if (size === null || !Number.isSafeInteger(size * widthOf(dtype))) throw bad(`tensor ${quoted} claims the shape [${shape.join(', ')}], which is no countable number of elements`);
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end) || begin < 0 || end - begin !== size * widthOf(dtype)) {
    throw bad(`tensor ${quoted} lies at ${begin} to ${end}; ${size} elements of ${code} take ${size * widthOf(dtype)} bytes`);
  }
  return { name, dtype, shape, size, begin, end };
}

function bad(message: string): MurmurError {
  return new MurmurError('bad_frame', `safetensors: ${message}`);
}
