/** Issues vouchers, and looks into those that peers show. What one is stands in `voucher.ts`. */
import { sign, verify } from '#platform/crypto';
import { MurmurError } from '../errors.ts';
import { fromHex, toHex } from '../hex.ts';
import type { Digest } from '../ids.ts';
import { LONGEST_CHAIN, type Voucher } from './voucher.ts';

export interface VoucherIssuer {
  /** 32 bytes each. */
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  /** What the issuer itself was let in by; empty: it is the root. */
  readonly behind: Voucher | readonly [];
}

export interface VoucherRequest {
  readonly swarm: Digest;
  /** Whom it is for; Ed25519, hexadecimal. */
  readonly publicKey: string;
  /** Milliseconds since the epoch; not later than the issuer's own. */
  readonly expires: number;
}

type Link = Voucher[number];

function textOf({ swarm, publicKey, issuer, expires }: Omit<Link, 'signature'>): Uint8Array {
  return new TextEncoder().encode(`murmuration:voucher:${swarm}:${publicKey}:${issuer}:${expires}`);
}

/** @throws forbidden where the issuer's own chain is as long as one may be */
export function issueVoucher({ secretKey, publicKey: own, behind }: VoucherIssuer, request: VoucherRequest): Voucher {
  if (behind.length >= LONGEST_CHAIN) throw new MurmurError('forbidden', `a voucher has at most ${LONGEST_CHAIN} signatures; a peer that was let in by so many others lets nobody in`);
  // What is signed for longer than its signer may stay would end with the signer's all the same.
  const expires = behind.length === 0 ? request.expires : Math.min(request.expires, ...behind.map((link) => link.expires));
  const issuer = toHex(own);
  const link = { swarm: request.swarm, publicKey: request.publicKey, issuer, expires };
  return [{ ...link, signature: toHex(sign(textOf(link), secretKey)) }, ...behind];
}

export interface VoucherCheck {
  readonly swarm: Digest;
  /** The swarm's root key, and the key of whoever shows the voucher; hexadecimal. */
  readonly root: string;
  readonly publicKey: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** @throws forbidden: it is for another key or swarm, has run out, or does not lead to the root; bad_signature */
export function verifyVoucher(voucher: Voucher, { swarm, root, publicKey, now }: VoucherCheck): void {
  let holder = publicKey;
  for (const link of voucher) {
    if (link.swarm !== swarm) throw new MurmurError('forbidden', 'the voucher is for another swarm');
    if (link.publicKey !== holder) throw new MurmurError('forbidden', 'the voucher is for another key');
    if (link.expires <= now) throw new MurmurError('forbidden', 'the voucher has run out');
    holder = link.issuer;
  }
  if (holder !== root) throw new MurmurError('forbidden', 'the voucher does not lead to the swarm’s root key');
  // Only what can be right is worth a look at its signatures.
  for (const link of voucher) {
    if (!verify(fromHex(link.signature), textOf(link), fromHex(link.issuer))) throw new MurmurError('bad_signature', 'a signature of the voucher is wrong');
  }
}
