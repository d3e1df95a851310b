/** Key agreement and sealed messages by noble: `crypto.subtle` is withheld where an edge must be able to join. The Node twin exports the same names. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** What `seal` adds to a message. */
export const SEAL_BYTES = 16;

/** The public half of an X25519 key: any 32 bytes are a secret one. */
export function agreementKeyOf(secretKey: Uint8Array): Uint8Array {
  return x25519.getPublicKey(secretKey);
}

/** The secret that two sides share: 32 bytes. Null: the other side's key is none that keeps one. */
export function agree(secretKey: Uint8Array, theirKey: Uint8Array): Uint8Array | null {
  try {
    return x25519.getSharedSecret(secretKey, theirKey);
  } catch {
    return null;
  }
}

/** HKDF with SHA-256 (RFC 5869). */
export function deriveBytes(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return hkdf(sha256, secret, salt, info, length);
}

/** ChaCha20-Poly1305: 32 bytes of key, 12 of a nonce that is used once. In fresh memory. */
export function seal(key: Uint8Array, nonce: Uint8Array, message: Uint8Array): Uint8Array {
  return chacha20poly1305(key, nonce).encrypt(message);
}

/** Null: it was not sealed with this key and nonce, or was changed since. In fresh memory, at its beginning. */
export function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  if (sealed.byteLength < SEAL_BYTES) return null;
  try {
    return chacha20poly1305(key, nonce).decrypt(sealed);
  } catch {
    return null;
  }
}
