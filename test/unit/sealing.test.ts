/** Key agreement and sealed messages, by Node and by what browsers have: each by published vectors, and each by the other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as node from '#platform/sealing';
import { fromHex, toHex } from '../../shared/hex.ts';
import { chacha20Block, poly1305 } from '../../shared/platform/browser/chacha20-poly1305.ts';
import * as browser from '../../shared/platform/browser/sealing.ts';

const twins = [['Node', node], ['browsers', browser]] as const;
const wordsOf = (hex: string): Uint32Array => new Uint32Array(Uint8Array.from(fromHex(hex)).buffer);
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
  it('makes RFC 8439’s block of the stream', () => {
    const state = wordsOf(`${toHex(new TextEncoder().encode('expand 32-byte k'))}${Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0')).join('')}01000000000000090000004a00000000`);
    const stream = new Uint32Array(16);
    chacha20Block(state, stream);
    expect(toHex(new Uint8Array(stream.buffer))).toBe('10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e');
  });

  // RFC 8439, appendix A.3, vectors 7 to 11: sums that lie about the prime.
  it.each([
    ['02000000000000000000000000000000', '0'.repeat(32), 'ff'.repeat(16), '03000000000000000000000000000000'],
    ['02000000000000000000000000000000', 'ff'.repeat(16), '02000000000000000000000000000000', '03000000000000000000000000000000'],
    ['02000000000000000000000000000000', '0'.repeat(32), `fd${'ff'.repeat(15)}`, `fa${'ff'.repeat(15)}`],
    ['01000000000000000400000000000000', '0'.repeat(32), 'e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000000001000000000000000000000000000000', '14000000000000005500000000000000'],
    ['01000000000000000400000000000000', '0'.repeat(32), 'e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000000000000000000000000000', '13000000000000000000000000000000'],
  ])('makes RFC 8439’s tag with r = %s, s = %s', (r, s, message, tag) => {
    expect(toHex(poly1305(wordsOf(r + s), wordsOf(message)))).toBe(tag);
  });

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
