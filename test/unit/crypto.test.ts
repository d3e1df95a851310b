import { describe, expect, it } from 'vitest';
import { generateKeyPair, keyPairOf, sign, verify } from '#platform/crypto';
import { fromHex, toHex } from '../../shared/hex.ts';

// RFC 8032, section 7.1, tests 2 and 3.
const VECTORS = [
  {
    secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', public: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', message: '72',
    signature: '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    secret: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', public: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025', message: 'af82',
    signature: '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
] as const;

describe('Ed25519', () => {
  it.each(VECTORS)('gives and takes RFC 8032’s signature of $message', (vector) => {
    expect(toHex(sign(fromHex(vector.message), fromHex(vector.secret)))).toBe(vector.signature);
    expect(verify(fromHex(vector.signature), fromHex(vector.message), fromHex(vector.public))).toBe(true);
  });

  it.each(VECTORS)('knows the public half of RFC 8032’s key for $message', (vector) => {
    expect(toHex(keyPairOf(fromHex(vector.secret)).publicKey)).toBe(vector.public);
  });

  it('takes no other message, signature or key, and no key that is none', () => {
    const [one, other] = VECTORS;
    const [signature, message, key] = [fromHex(one.signature), fromHex(one.message), fromHex(one.public)];
    const changed = Uint8Array.from(signature, (byte, i) => (i === 0 ? byte ^ 1 : byte));
    expect([verify(changed, message, key), verify(signature, fromHex(other.message), key), verify(signature, message, fromHex(other.public))]).toEqual([false, false, false]);
    for (const wrong of [new Uint8Array(0), key.subarray(1), new Uint8Array(33), new Uint8Array(32).fill(255)]) expect(verify(signature, message, wrong)).toBe(false);
    expect(verify(signature.subarray(1), message, key)).toBe(false);
  });

  it('signs alike with a fresh key and with its bytes read back', () => {
    const { secretKey, publicKey } = generateKeyPair();
    const message = fromHex('af82');
    const signature = sign(message, secretKey);
    expect(toHex(sign(message, Uint8Array.from(secretKey)))).toBe(toHex(signature));
    expect([secretKey.byteLength, publicKey.byteLength, verify(signature, message, publicKey)]).toEqual([32, 32, true]);
  });
});
