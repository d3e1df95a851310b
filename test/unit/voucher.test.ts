/** Chains of vouchers: who is let in, by whom, for how long. */
import { describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import { issueVoucher, LONGEST_CHAIN, verifyVoucher, Voucher } from '../../shared/gossip/voucher.ts';
import { toHex } from '../../shared/hex.ts';
import { asDigest } from '../../shared/ids.ts';

const SWARM = asDigest('a'.repeat(64));
const code = (name: string): unknown => expect.objectContaining({ name: 'MurmurError', code: name });

/** Each lets the next one in. */
function chainOf(length: number) {
  const keys = Array.from({ length: length + 1 }, () => generateKeyPair());
  let chain: Voucher | null = null;
  for (let i = 1; i <= length; i++) chain = issueVoucher({ swarm: SWARM, publicKey: keys[i].publicKey, expires: 1000 - i, issuer: keys[i - 1], chain });
  return { keys, voucher: chain as Voucher, check: { swarm: SWARM, publicKey: keys[length].publicKey, root: toHex(keys[0].publicKey), now: 0 } };
}

describe('a voucher', () => {
  it.each([1, 2, LONGEST_CHAIN])('of a chain of %i holds', (length) => {
    const { voucher, check } = chainOf(length);
    expect(Voucher.parse(JSON.parse(JSON.stringify(voucher)))).toEqual(voucher);
    expect(voucher.length).toBe(length);
    verifyVoucher(voucher, check);
  });

  it('is given by nobody whose chain is as long as any, whose voucher is another’s or for another swarm', () => {
    const { keys, voucher } = chainOf(LONGEST_CHAIN);
    const { publicKey } = generateKeyPair();
    expect(() => issueVoucher({ swarm: SWARM, publicKey, expires: 9, issuer: keys[LONGEST_CHAIN], chain: voucher })).toThrow(code('forbidden'));
    expect(() => issueVoucher({ swarm: SWARM, publicKey, expires: 9, issuer: keys[0], chain: voucher.slice(1) })).toThrow(code('forbidden'));
    expect(() => issueVoucher({ swarm: asDigest('b'.repeat(64)), publicKey, expires: 9, issuer: keys[1], chain: voucher.slice(-1) })).toThrow(code('forbidden'));
  });

  it('does not outlive its issuer’s', () => {
    const { keys, voucher } = chainOf(2);
    expect(issueVoucher({ swarm: SWARM, publicKey: generateKeyPair().publicKey, expires: 5000, issuer: keys[2], chain: voucher })[0].expires).toBe(998);
  });

  it.each<[string, string, (voucher: Voucher) => Voucher | null, object]>([
    ['is none', 'not_authenticated', () => null, {}],
    ['is for another key', 'not_authenticated', (voucher) => voucher, { publicKey: new Uint8Array(32) }],
    ['is for another swarm', 'wrong_task', (voucher) => voucher, { swarm: asDigest('b'.repeat(64)) }],
    ['comes from another root', 'not_authenticated', (voucher) => voucher, { root: '0'.repeat(64) }],
    ['has a link that has expired', 'not_authenticated', (voucher) => voucher, { now: 997 }],
    ['lacks a link in its middle', 'not_authenticated', ([first, , ...rest]) => [first, ...rest], {}],
    ['lacks its last link', 'not_authenticated', (voucher) => voucher.slice(0, -1), {}],
    ['has its expiry put off', 'bad_signature', ([first, ...rest]) => [{ ...first, expires: 2000 }, ...rest], {}],
    ['has a forged signature', 'bad_signature', ([first, ...rest]) => [first, { ...rest[0], signature: '0'.repeat(128) }, ...rest.slice(1)], {}],
  ])('that %s is refused', (_, expected, change, check) => {
    const made = chainOf(3);
    expect(() => verifyVoucher(change(made.voucher), { ...made.check, ...check })).toThrow(code(expected));
  });

  it('is not asked for in an open swarm', () => {
    verifyVoucher(null, { swarm: SWARM, publicKey: new Uint8Array(32), root: null, now: 0 });
  });
});
