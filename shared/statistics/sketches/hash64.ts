/**
 * A hash of 64 bits as two words, the same on every platform: MurmurHash3 (Appleby 2011), 32 bits, by two seeds.
 * For sketches: nobody who chooses the items is kept from choosing such as collide.
 */
import { mixBits } from '../../mix-bits.ts';

export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

const SEED_HIGH = 0x6d75726d;
const SEED_LOW = 0x75726174;

export function hash64(bytes: Uint8Array, seed = 0): Hash64 {
  return { high: murmur3(bytes, SEED_HIGH ^ seed), low: murmur3(bytes, SEED_LOW ^ Math.imul(seed, 0x9e3779b1)) };
}

/** Unsigned. */
export function murmur3(bytes: Uint8Array, seed: number): number {
  let hash = seed | 0;
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    hash ^= scrambled(bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = bytes.length - 1; i >= whole; i--) rest = (rest << 8) | bytes[i];
  if (bytes.length > whole) hash ^= scrambled(rest);
  return mixBits(hash ^ bytes.length);
}

function scrambled(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
