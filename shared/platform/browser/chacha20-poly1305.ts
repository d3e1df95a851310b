/**
 * ChaCha20-Poly1305 (RFC 8439) with nothing beside the message: browsers withhold `crypto.subtle` over plain HTTP on a LAN
 * address, and have no ChaCha20 there either. One key and nonce seal one message.
 */
import { requireLittleEndian } from '../../tensors/dtypes.ts';

export const TAG_BYTES = 16;
const BLOCK_WORDS = 16;
/** "expand 32-byte k" */
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

/** @param key 32 bytes @param nonce 12 bytes @returns the message's bytes, sealed, and the tag behind them */
export function sealMessage(key: Uint8Array, nonce: Uint8Array, message: Uint8Array): Uint8Array {
  const state = stateOf(key, nonce);
  const sealed = new Uint8Array(message.byteLength + TAG_BYTES);
  sealed.set(crypted(state, message));
  sealed.set(tagOf(state, sealed.subarray(0, message.byteLength)), message.byteLength);
  return sealed;
}

/** @returns null: it was not sealed with this key and nonce, or was changed since */
export function openMessage(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  const length = sealed.byteLength - TAG_BYTES;
  if (length < 0) return null;
  const state = stateOf(key, nonce);
  const tag = tagOf(state, sealed.subarray(0, length));
  let difference = 0;
  // All of it, so that the time that it takes says nothing of where they differ.
  for (let i = 0; i < TAG_BYTES; i++) difference |= tag[i] ^ sealed[length + i];
  return difference === 0 ? crypted(state, sealed.subarray(0, length)) : null;
}

function stateOf(key: Uint8Array, nonce: Uint8Array): Uint32Array {
  requireLittleEndian();
  const state = new Uint32Array(BLOCK_WORDS);
  state.set(SIGMA);
  const bytes = new Uint8Array(state.buffer);
  bytes.set(key, 16);
  // Word 12 counts the blocks.
  bytes.set(nonce, 52);
  return state;
}

/** The message with the key stream from block 1 on over it: sealing and opening are the same. In fresh memory. */
function crypted(state: Uint32Array, message: Uint8Array): Uint8Array {
  const words = new Uint32Array(Math.ceil(message.byteLength / 64) * BLOCK_WORDS);
  const bytes = new Uint8Array(words.buffer, 0, message.byteLength);
  bytes.set(message);
  const stream = new Uint32Array(BLOCK_WORDS);
  for (let offset = 0, block = 1; offset < words.length; offset += BLOCK_WORDS, block++) {
    state[12] = block;
    chacha20Block(state, stream);
    for (let i = 0; i < BLOCK_WORDS; i++) words[offset + i] ^= stream[i];
  }
  return bytes;
}

/** The tag's key is the beginning of block 0. What it is over: the bytes, zeros up to a multiple of 16, and two lengths in eight bytes each. */
function tagOf(state: Uint32Array, sealed: Uint8Array): Uint8Array {
  state[12] = 0;
  const stream = new Uint32Array(BLOCK_WORDS);
  chacha20Block(state, stream);
  const padded = Math.ceil(sealed.byteLength / 16) * 4;
  const words = new Uint32Array(padded + 4);
  new Uint8Array(words.buffer).set(sealed);
  words[padded + 2] = sealed.byteLength;
  words[padded + 3] = Math.floor(sealed.byteLength / 2 ** 32);
  return poly1305(stream.subarray(0, 8), words);
}

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Sixteen words of the stream. In variables of their own, not in an array: several times faster. */
export function chacha20Block(state: Uint32Array, stream: Uint32Array): void {
  let [x0, x1, x2, x3] = [state[0], state[1], state[2], state[3]];
  let [x4, x5, x6, x7] = [state[4], state[5], state[6], state[7]];
  let [x8, x9, x10, x11] = [state[8], state[9], state[10], state[11]];
  let [x12, x13, x14, x15] = [state[12], state[13], state[14], state[15]];
  for (let i = 0; i < 10; i++) {
    x0 = (x0 + x4) | 0; x12 = rotated(x12 ^ x0, 16); x8 = (x8 + x12) | 0; x4 = rotated(x4 ^ x8, 12);
    x0 = (x0 + x4) | 0; x12 = rotated(x12 ^ x0, 8); x8 = (x8 + x12) | 0; x4 = rotated(x4 ^ x8, 7);
    x1 = (x1 + x5) | 0; x13 = rotated(x13 ^ x1, 16); x9 = (x9 + x13) | 0; x5 = rotated(x5 ^ x9, 12);
    x1 = (x1 + x5) | 0; x13 = rotated(x13 ^ x1, 8); x9 = (x9 + x13) | 0; x5 = rotated(x5 ^ x9, 7);
    x2 = (x2 + x6) | 0; x14 = rotated(x14 ^ x2, 16); x10 = (x10 + x14) | 0; x6 = rotated(x6 ^ x10, 12);
    x2 = (x2 + x6) | 0; x14 = rotated(x14 ^ x2, 8); x10 = (x10 + x14) | 0; x6 = rotated(x6 ^ x10, 7);
    x3 = (x3 + x7) | 0; x15 = rotated(x15 ^ x3, 16); x11 = (x11 + x15) | 0; x7 = rotated(x7 ^ x11, 12);
    x3 = (x3 + x7) | 0; x15 = rotated(x15 ^ x3, 8); x11 = (x11 + x15) | 0; x7 = rotated(x7 ^ x11, 7);
    x0 = (x0 + x5) | 0; x15 = rotated(x15 ^ x0, 16); x10 = (x10 + x15) | 0; x5 = rotated(x5 ^ x10, 12);
    x0 = (x0 + x5) | 0; x15 = rotated(x15 ^ x0, 8); x10 = (x10 + x15) | 0; x5 = rotated(x5 ^ x10, 7);
    x1 = (x1 + x6) | 0; x12 = rotated(x12 ^ x1, 16); x11 = (x11 + x12) | 0; x6 = rotated(x6 ^ x11, 12);
    x1 = (x1 + x6) | 0; x12 = rotated(x12 ^ x1, 8); x11 = (x11 + x12) | 0; x6 = rotated(x6 ^ x11, 7);
    x2 = (x2 + x7) | 0; x13 = rotated(x13 ^ x2, 16); x8 = (x8 + x13) | 0; x7 = rotated(x7 ^ x8, 12);
    x2 = (x2 + x7) | 0; x13 = rotated(x13 ^ x2, 8); x8 = (x8 + x13) | 0; x7 = rotated(x7 ^ x8, 7);
    x3 = (x3 + x4) | 0; x14 = rotated(x14 ^ x3, 16); x9 = (x9 + x14) | 0; x4 = rotated(x4 ^ x9, 12);
    x3 = (x3 + x4) | 0; x14 = rotated(x14 ^ x3, 8); x9 = (x9 + x14) | 0; x4 = rotated(x4 ^ x9, 7);
  }
  stream[0] = x0 + state[0];
  stream[1] = x1 + state[1];
  stream[2] = x2 + state[2];
  stream[3] = x3 + state[3];
  stream[4] = x4 + state[4];
  stream[5] = x5 + state[5];
  stream[6] = x6 + state[6];
  stream[7] = x7 + state[7];
  stream[8] = x8 + state[8];
  stream[9] = x9 + state[9];
  stream[10] = x10 + state[10];
  stream[11] = x11 + state[11];
  stream[12] = x12 + state[12];
  stream[13] = x13 + state[13];
  stream[14] = x14 + state[14];
  stream[15] = x15 + state[15];
}

/** Numbers of 130 bits in six limbs of 22: products of limbs, and sums of six of them, are exact in a double. */
const LIMB = 2 ** 22;
const MASK = LIMB - 1;
const PRIME = 2n ** 130n - 5n;

type Limbs = [number, number, number, number, number, number];

const limbsOf = (a: number, b: number, c: number, d: number): Limbs => [a & MASK, ((a >>> 22) | (b << 10)) & MASK, ((b >>> 12) | (c << 20)) & MASK, (c >>> 2) & MASK, ((c >>> 24) | (d << 8)) & MASK, d >>> 14];

/**
 * The Poly1305 tag of whole blocks, sixteen bytes.
 * @param key eight words: the point, which is clamped here, and what is added in the end
 * @param words little-endian, four a block
 */
export function poly1305(key: Uint32Array, words: Uint32Array): Uint8Array {
  const [r0, r1, r2, r3, r4, r5] = limbsOf(key[0] & 0x0fffffff, key[1] & 0x0ffffffc, key[2] & 0x0ffffffc, key[3] & 0x0ffffffc);
  // What lies beyond 132 bits comes in again below, times 20: 2^130 is 5, modulo the prime.
  const [s1, s2, s3, s4, s5] = [20 * r1, 20 * r2, 20 * r3, 20 * r4, 20 * r5];
  let [h0, h1, h2, h3, h4, h5] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < words.length; i += 4) {
    const [a, b, c, d] = [words[i], words[i + 1], words[i + 2], words[i + 3]];
    h0 += a & MASK;
    h1 += ((a >>> 22) | (b << 10)) & MASK;
    h2 += ((b >>> 12) | (c << 20)) & MASK;
    h3 += (c >>> 2) & MASK;
    h4 += ((c >>> 24) | (d << 8)) & MASK;
    // With the bit that stands above each whole block.
    h5 += (d >>> 14) + 2 ** 18;
    let d0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1;
    let d1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2;
    let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3;
    let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4;
    let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5;
    let d5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0;
    let carry = Math.floor(d0 / LIMB);
    d0 -= carry * LIMB;
    d1 += carry;
    carry = Math.floor(d1 / LIMB);
    h1 = d1 - carry * LIMB;
    d2 += carry;
    carry = Math.floor(d2 / LIMB);
    h2 = d2 - carry * LIMB;
    d3 += carry;
    carry = Math.floor(d3 / LIMB);
    h3 = d3 - carry * LIMB;
    d4 += carry;
    carry = Math.floor(d4 / LIMB);
    h4 = d4 - carry * LIMB;
    d5 += carry;
    carry = Math.floor(d5 / LIMB);
    h5 = d5 - carry * LIMB;
    d0 += 20 * carry;
    carry = Math.floor(d0 / LIMB);
    h0 = d0 - carry * LIMB;
    h1 += carry;
  }
  const sum = [h0, h1, h2, h3, h4, h5].reduceRight((all, limb) => (all << 22n) + BigInt(limb), 0n) % PRIME;
  let tag = sum + [4, 5, 6, 7].reduceRight((all, word) => (all << 32n) + BigInt(key[word]), 0n);
  const bytes = new Uint8Array(TAG_BYTES);
  for (let i = 0; i < TAG_BYTES; i++, tag >>= 8n) bytes[i] = Number(tag & 255n);
  return bytes;
}
