/**
 * The framing of TensorFlow's record files:
 *
 *     u64 length, u32 masked CRC-32C of the length's bytes, the data, u32 masked CRC-32C of the data
 *
 * Integers are little-endian. A reader takes what it can check and waits for the rest: a file may be read while it grows.
 */
import { maskedCrc32c } from './crc32c.ts';

const HEAD_BYTES = 12;
const TAIL_BYTES = 4;

export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEAD_BYTES + data.byteLength + TAIL_BYTES);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.byteLength), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, HEAD_BYTES);
  view.setUint32(HEAD_BYTES + data.byteLength, maskedCrc32c(data), true);
  return record;
}
