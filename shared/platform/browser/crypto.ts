/**
 * Hashing and signatures by noble: browsers withhold `crypto.subtle` over plain HTTP on a LAN
 * address, and an edge must be able to join there, too. The Node twin exports the same names.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

export function sha256Hex(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

export function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** A fresh Ed25519 pair: 32 secret and 32 public bytes. */
export function generateKeyPair(): { secretKey: Uint8Array; publicKey: Uint8Array } {
  return keyPairOf(randomBytes(32));
}

/** The pair of a secret key that is there already: 32 bytes, any. */
export function keyPairOf(secretKey: Uint8Array): { secretKey: Uint8Array; publicKey: Uint8Array } {
  return { secretKey, publicKey: ed25519.getPublicKey(secretKey) };
}

export function sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
  return ed25519.sign(message, secretKey);
}

/** False for a wrong signature and for a key that is none; never throws. */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey);
  } catch {
    return false;
  }
}
