/** Which of its vouchers a peer shows. */
import { describe, expect, it } from 'vitest';
import { keyPairOf } from '#platform/crypto';
import { createVouchers } from '../../client/gossip/vouchers.ts';
import { issueVoucher, type Voucher } from '../../shared/gossip/voucher.ts';
import { asDigest } from '../../shared/ids.ts';

const SWARM = asDigest('5a'.repeat(32));
const pairs = Array.from({ length: 4 }, (_, i) => keyPairOf(new Uint8Array(32).fill(i + 1)));
const [root, own, other] = pairs;

/** For `own`: by the root, or by a peer that the root, or another peer, has vouched for. */
function voucher(length: number, expires: number): Voucher {
  let chain: Voucher | null = null;
  let issuer = root;
  for (let i = 1; i < length; i++) {
    const holder = pairs[2 + (i % 2)];
    chain = issueVoucher({ swarm: SWARM, publicKey: holder.publicKey, expires, issuer, chain });
    issuer = holder;
  }
  return issueVoucher({ swarm: SWARM, publicKey: own.publicKey, expires, issuer, chain });
}

describe('a peer’s vouchers', () => {
  it('are shown by the shortest chain that holds, and by the newest where none does', () => {
    let now = 0;
    const vouchers = createVouchers({ now: () => now });
    expect(vouchers.best).toEqual([]);
    const [direct, longer, later] = [voucher(1, 100), voucher(3, 200), voucher(2, 150)];
    vouchers.add(longer);
    expect(vouchers.best).toBe(longer);
    vouchers.add(direct);
    vouchers.add(later);
    expect(vouchers.best).toBe(direct);
    now = 100;
    expect(vouchers.best).toBe(later);
    now = 150;
    expect(vouchers.best).toBe(longer);
    const renewed = voucher(3, 300);
    vouchers.add(renewed);
    expect(vouchers.best).toBe(renewed);
    now = 300;
    expect(vouchers.best).toBe(renewed);
  });

  it('do not grow where two peers let each other in again and again', () => {
    const [a, b] = [createVouchers({ now: () => 0 }), createVouchers({ now: () => 0 })];
    const letIn = (publicKey: Uint8Array, issuer: typeof own, chain: Voucher): Voucher => issueVoucher({ swarm: SWARM, publicKey, expires: 100, issuer, chain });
    a.add(voucher(1, 100));
    for (let times = 0; times < 20; times++) {
      b.add(letIn(other.publicKey, own, a.best));
      a.add(letIn(own.publicKey, other, b.best));
    }
    expect([a.best.length, b.best.length]).toEqual([1, 2]);
  });
});
