/** Key agreement and sealed messages by Node's own crypto. The browser twin exports the same names. */
import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto';

const CIPHER = 'chacha20-poly1305';
/** What `seal` adds to a message. */
export const SEAL_BYTES = 16;

// X25519 keys are 32 raw bytes on our wire; Node wants secret ones wrapped in DER (RFC 8410).
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

const secretKeyOf = (bytes: Uint8Array): KeyObject => createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, bytes]), format: 'der', type: 'pkcs8' });

/** The public half of an X25519 key: any 32 bytes are a secret one. */
export function agreementKeyOf(secretKey: Uint8Array): Uint8Array {
  const der = createPublicKey(secretKeyOf(secretKey)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(-32));
}

/** The secret that two sides share: 32 bytes. Null: the other side's key is none that keeps one. */
export function agree(secretKey: Uint8Array, theirKey: Uint8Array): Uint8Array | null {
  try {
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(theirKey).toString('base64url') }, format: 'jwk' });
    return new Uint8Array(diffieHellman({ privateKey: secretKeyOf(secretKey), publicKey }));
  } catch {
    return null;
  }
}

/** HKDF with SHA-256 (RFC 5869). */
export function deriveBytes(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, length));
}

/** ChaCha20-Poly1305: 32 bytes of key, 12 of a nonce that is used once. In fresh memory. */
export function seal(key: Uint8Array, nonce: Uint8Array, message: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: SEAL_BYTES });
  const sealed = new Uint8Array(message.byteLength + SEAL_BYTES);
  sealed.set(cipher.update(message));
  cipher.final();
  sealed.set(cipher.getAuthTag(), message.byteLength);
  return sealed;
}

/** Null: it was not sealed with this key and nonce, or was changed since. In fresh memory, at its beginning. */
export function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  const length = sealed.byteLength - SEAL_BYTES;
  if (length < 0) return null;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: SEAL_BYTES });
  decipher.setAuthTag(sealed.subarray(length));
  // Not the Buffer that Node gives: it may lie anywhere in a larger one.
  const message = new Uint8Array(decipher.update(sealed.subarray(0, length)));
  try {
    decipher.final();
    return message;
  } catch {
    return null;
  }
}
