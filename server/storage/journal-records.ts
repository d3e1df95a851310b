/**
 * The bytes of a journal segment.
 *
 *     header  magic 'MURJ', u16 version, u16 length of the task's name, u32 round, the name, nonce, tag
 *     record  u32 length, u32 CRC-32 of what follows, nonce (12), ciphertext, tag (16); length counts what follows the CRC
 *
 * Integers are little-endian. Encryption is AES-256-GCM with the round's key. The header's tag is that of an empty
 * text, so that a wrong key is known before any record is; every record authenticates the header's first part, so
 * that none can be moved into another round's segment.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { MurmurError } from '../../shared/errors.ts';
import type { TaskId } from '../../shared/ids.ts';

const ALGORITHM = 'aes-256-gcm';
const MAGIC = 'MURJ';
const VERSION = 1;
const FIXED_BYTES = 12;
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Length and CRC. */
export const PREFIX_BYTES = 8;
const LEAST_BYTES = NONCE_BYTES + TAG_BYTES;
/** Far above any report that the wire lets in; bounds what a garbled length can make us read. */
export const RECORD_BYTES_MAX = 2 ** 31 - 1;

/** What is encrypted at a time: the pieces that the cipher makes are garbage at once, and lie in the cache when they are copied. */
const SLICE_BYTES = 64 * 1024;

/** Gives 12 bytes that never come twice under one key. */
export type Nonces = () => Uint8Array;

/**
 * A random start for each opening of a segment, and a counter behind it. A counter alone would issue those of a
 * torn tail again after a crash; random ones alone collide after some billions.
 */
export function createNonces(randomBytes: (count: number) => Uint8Array): Nonces {
  let start = randomBytes(8);
  let count = 0;
  return () => {
    if (count === 2 ** 32) {
      start = randomBytes(8);
      count = 0;
    }
    const nonce = Buffer.alloc(NONCE_BYTES);
    nonce.set(start);
    nonce.writeUInt32BE(count++, 8);
    return nonce;
  };
}

/** What every record of the segment authenticates beside itself. */
export function identityOf(task: TaskId, round: number): Buffer {
  const name = Buffer.from(task, 'utf8');
  const identity = Buffer.alloc(FIXED_BYTES + name.byteLength);
  identity.write(MAGIC, 0, 'latin1');
  identity.writeUInt16LE(VERSION, 4);
  identity.writeUInt16LE(name.byteLength, 6);
  identity.writeUInt32LE(round, 8);
  name.copy(identity, FIXED_BYTES);
  return identity;
}

export function headerBytes(identity: Uint8Array): number {
  return identity.byteLength + NONCE_BYTES + TAG_BYTES;
}

export function encodeHeader(key: Uint8Array, identity: Buffer, nonces: Nonces): Uint8Array {
  const nonce = nonces();
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(identity);
  cipher.final();
  return Buffer.concat([identity, nonce, cipher.getAuthTag()]);
}

/** @throws storage_corrupt when this is no header, another segment's, or was written with another key. */
export function checkHeader(bytes: Uint8Array, key: Uint8Array, identity: Buffer, path: string): void {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.byteLength < 6 || header.toString('latin1', 0, 4) !== MAGIC) throw new MurmurError('storage_corrupt', `${path} is no journal segment`);
  const version = header.readUInt16LE(4);
  if (version !== VERSION) throw new MurmurError('incompatible', `${path} has journal version ${version}, this version of Murmuration reads ${VERSION}; finish the round with the version that wrote it`);
  if (header.byteLength < headerBytes(identity) || !header.subarray(0, identity.byteLength).equals(identity)) {
    throw new MurmurError('storage_corrupt', `${path} is the journal segment of another task or round, or its header is damaged`);
  }
  const decipher = createDecipheriv(ALGORITHM, key, header.subarray(identity.byteLength, identity.byteLength + NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(identity);
  decipher.setAuthTag(header.subarray(identity.byteLength + NONCE_BYTES, headerBytes(identity)));
  try {
    decipher.final();
  } catch (thrown) {
    throw new MurmurError('storage_corrupt', `${path} was written with another key than its round has now`, { cause: thrown });
  }
}

/** Bytes of the record of such a payload. @throws too_large */
export function recordBytes(payload: readonly Uint8Array[]): number {
  const length = payload.reduce((sum, piece) => sum + piece.byteLength, LEAST_BYTES);
  if (length > RECORD_BYTES_MAX) throw new MurmurError('too_large', `a journal record has at most ${RECORD_BYTES_MAX} bytes, this one has ${length}`);
  return PREFIX_BYTES + length;
}

/** Writes the record into `record`, which has `recordBytes(payload)` bytes. */
export function encodeRecord(payload: readonly Uint8Array[], record: Uint8Array, key: Uint8Array, identity: Buffer, nonces: Nonces): void {
  const nonce = nonces();
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(identity);
  let at = PREFIX_BYTES;
  let checksum = 0;
  const put = (bytes: Uint8Array): void => {
    record.set(bytes, at);
    at += bytes.byteLength;
    checksum = crc32(bytes, checksum);
  };
  put(nonce);
  for (const piece of payload) {
    for (let from = 0; from < piece.byteLength; from += SLICE_BYTES) put(cipher.update(piece.subarray(from, from + SLICE_BYTES)));
  }
  // GCM is a stream: final gives nothing but the tag.
  cipher.final();
  put(cipher.getAuthTag());
  const prefix = new DataView(record.buffer, record.byteOffset, PREFIX_BYTES);
  prefix.setUint32(0, at - PREFIX_BYTES, true);
  prefix.setUint32(4, checksum, true);
}

/** Bytes of the record behind this prefix; null where no record can have such a prefix. */
export function bodyLength(prefix: Uint8Array): number | null {
  if (prefix.byteLength < PREFIX_BYTES) return null;
  const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0, true);
  return length < LEAST_BYTES || length > RECORD_BYTES_MAX ? null : length;
}

export function isIntact(prefix: Uint8Array, body: Uint8Array): boolean {
  return crc32(body) === new DataView(prefix.buffer, prefix.byteOffset).getUint32(4, true);
}

/** @throws storage_corrupt: a record with a right CRC and a wrong tag was not torn but changed. */
export function decodeBody(body: Uint8Array, key: Uint8Array, identity: Buffer, place: string): Uint8Array {
  const decipher = createDecipheriv(ALGORITHM, key, body.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(identity);
  decipher.setAuthTag(body.subarray(body.byteLength - TAG_BYTES));
  const payload = decipher.update(body.subarray(NONCE_BYTES, body.byteLength - TAG_BYTES));
  try {
    decipher.final();
  } catch (thrown) {
    throw new MurmurError('storage_corrupt', `the journal record at ${place} is whole but not authentic: somebody changed it`, { cause: thrown });
  }
  return payload;
}
