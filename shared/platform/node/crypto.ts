/** Hashing and signatures by Node's own crypto. The browser twin exports the same names. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, randomFillSync, sign as nodeSign, verify as nodeVerify, type KeyObject } from 'node:crypto';

// Ed25519 keys are 32 raw bytes on our wire; Node wants secret ones wrapped in DER (RFC 8410).
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Drawn beforehand: to ask the system's source takes longer than what is drawn for most. */
const drawn = new Uint8Array(4096);
let used = drawn.byteLength;

export function randomBytes(count: number): Uint8Array {
  if (count > drawn.byteLength) return randomFillSync(new Uint8Array(count));
  if (used + count > drawn.byteLength) {
    randomFillSync(drawn);
    used = 0;
  }
  const bytes = drawn.slice(used, used + count);
  // Keys and nonces are among them: what was given out lies here no longer.
  drawn.fill(0, used, used + count);
  used += count;
  return bytes;
}

/** Parsing a key costs more than signing with it: kept for as long as the bytes are. */
const parsedKeys = new WeakMap<Uint8Array, KeyObject>();

/** A fresh Ed25519 pair: 32 secret and 32 public bytes. */
export function generateKeyPair(): { secretKey: Uint8Array; publicKey: Uint8Array } {
  const pair = generateKeyPairSync('ed25519');
  const secretDer = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  const publicDer = pair.publicKey.export({ format: 'der', type: 'spki' });
  const secretKey = new Uint8Array(secretDer.subarray(-32));
  parsedKeys.set(secretKey, pair.privateKey);
  return { secretKey, publicKey: new Uint8Array(publicDer.subarray(-32)) };
}

/** The pair of a secret key that is there already: 32 bytes, any. */
export function keyPairOf(secretKey: Uint8Array): { secretKey: Uint8Array; publicKey: Uint8Array } {
  const publicDer = createPublicKey(privateKeyOf(secretKey)).export({ format: 'der', type: 'spki' });
  return { secretKey, publicKey: new Uint8Array(publicDer.subarray(-32)) };
}

function privateKeyOf(secretKey: Uint8Array): KeyObject {
  const key = parsedKeys.get(secretKey) ?? createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secretKey]), format: 'der', type: 'pkcs8' });
  parsedKeys.set(secretKey, key);
  return key;
}

export function sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
  return new Uint8Array(nodeSign(null, message, privateKeyOf(secretKey)));
}

/** False for a wrong signature and for a key that is none; never throws. */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    // As a JSON Web Key: Node takes its bytes as they are, seven times faster than it finds its way through DER.
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' });
    return nodeVerify(null, message, key, signature);
  } catch {
    return false;
  }
}
