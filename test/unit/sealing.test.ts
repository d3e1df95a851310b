/** Key agreement and sealed messages, by Node and by what browsers have: each by published vectors, and each by the other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as node from '#platform/sealing';
import { fromHex, toHex } from '../../shared/hex.ts';
import * as browser from '../../shared/platform/browser/sealing.ts';

const twins = [['Node', node], ['browsers', browser]] as const;
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

describe.each(twins)('by %s', (_, { agree, agreementKeyOf, deriveBytes, seal, open, SEAL_BYTES }) => {
  it('two sides agree on RFC 7748’s secret', () => {
    const bob = fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    expect(toHex(agreementKeyOf(bob))).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    const alice = fromHex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(toHex(agree(bob, alice) ?? new Uint8Array(0))).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  });

  it('nobody agrees with a key that keeps no secret, or is none', () => {
    const secret = new Uint8Array(32).fill(7);
    for (const key of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31)), new Uint8Array(31).fill(9)]) expect(agree(secret, key)).toBeNull();
  });

  it('derives RFC 5869’s bytes', () => {
    const derived = deriveBytes(new Uint8Array(22).fill(0x0b), fromHex('000102030405060708090a0b0c'), fromHex('f0f1f2f3f4f5f6f7f8f9'), 42);
    expect(toHex(derived)).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
  });

  it('opens what it sealed, in memory of its own, and nothing that was changed or is another’s', () => {
    fc.assert(fc.property(bytes(32), bytes(12), fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (key, nonce, message, at, change) => {
      const sealed = seal(key, nonce, message);
      expect(sealed.byteLength).toBe(message.byteLength + SEAL_BYTES);
      const opened = open(key, nonce, sealed);
      expect(opened).toEqual(message);
      expect(opened?.byteOffset).toBe(0);
      const changed = sealed.map((byte, i) => (i === at % sealed.byteLength ? byte ^ change : byte));
      expect(open(key, nonce, changed)).toBeNull();
      expect(open(key.map((byte, i) => (i === at % 32 ? byte ^ change : byte)), nonce, sealed)).toBeNull();
      expect(open(key, nonce.map((byte, i) => (i === at % 12 ? byte ^ change : byte)), sealed)).toBeNull();
      expect(open(key, nonce, sealed.subarray(0, -1))).toBeNull();
    }), { numRuns: 100 });
  });

  it('seals nothing, too, and opens nothing that is shorter than a seal', () => {
    const [key, nonce] = [new Uint8Array(32), new Uint8Array(12)];
    expect(open(key, nonce, seal(key, nonce, new Uint8Array(0)))).toEqual(new Uint8Array(0));
    for (const length of [0, 15]) expect(open(key, nonce, new Uint8Array(length))).toBeNull();
  });
});

describe('what browsers have', () => {
  it('does the same as Node, to the byte, whatever the length', () => {
    const message = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 65_000, max: 65_504 }).map((length) => new Uint8Array(length).fill(length)));
    fc.assert(fc.property(bytes(32), bytes(12), bytes(32), message, (key, nonce, other, said) => {
      const sealed = node.seal(key, nonce, said);
      expect(Buffer.compare(browser.seal(key, nonce, said), sealed)).toBe(0);
      expect(Buffer.compare(browser.open(key, nonce, sealed) ?? new Uint8Array(1), said)).toBe(0);
      const theirs = node.agreementKeyOf(other);
      expect(browser.agreementKeyOf(other)).toEqual(theirs);
      expect(browser.agree(key, theirs)).toEqual(node.agree(key, theirs));
    }), { numRuns: 60 });
  });
});
