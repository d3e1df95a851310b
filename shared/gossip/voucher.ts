/**
 * A voucher says that a key belongs to a swarm: signed by the swarm's root key, which its rendezvous holds, or by a peer that
 * holds a voucher itself. So peers can still let newcomers in when the rendezvous is gone, and nobody else can.
 */
import { z } from 'zod';
import { sign, verify } from '#platform/crypto';
import { MurmurError } from '../errors.ts';
import { fromHex, toHex } from '../hex.ts';
import { DIGEST_PATTERN, type Digest } from '../ids.ts';

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

/** Vouchers between a peer's and the root's signature: who was let in by a peer can let others in, not without end. */
export const LONGEST_CHAIN = 8;

const link = {
  /** The SHA-256 of the task: a swarm learns one. */
  swarm: z.string().regex(DIGEST_PATTERN) as unknown as z.ZodType<Digest>,
  /** Whom it is for; Ed25519, hexadecimal. */
  publicKey: hex(32),
  /** Who signed. */
  issuer: hex(32),
  /** Milliseconds since the epoch. */
  expires: z.int().positive(),
  signature: hex(64),
};

/** The peer's own first, then its issuer's, …, the last one signed by the root. */
export const Voucher = z.array(z.strictObject(link)).min(1).max(LONGEST_CHAIN);
export type Voucher = z.output<typeof Voucher>;
type VoucherLink = Voucher[number];

const encoder = new TextEncoder();

/** What is signed. The first line says what it is, so that a signature given for something else is never one of these. */
function signedBytes({ swarm, publicKey, issuer, expires }: Omit<VoucherLink, 'signature'>): Uint8Array {
  return encoder.encode(['murmuration voucher 1', swarm, publicKey, issuer, expires].join('\n'));
}

export interface VoucherOrder {
  readonly swarm: Digest;
  /** Whom it is for; Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Milliseconds since the epoch. One given by a peer ends with the peer's own at the latest. */
  readonly expires: number;
  readonly issuer: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /** The issuer's own voucher; null: the issuer is the root. */
  readonly chain: Voucher | null;
}

/** @throws forbidden: the issuer has no say in that swarm, or its chain is as long as any may be */
export function issueVoucher({ swarm, publicKey, expires, issuer, chain }: VoucherOrder): Voucher {
  const own = chain ?? [];
  const issuerHex = toHex(issuer.publicKey);
  if (own.length >= LONGEST_CHAIN) throw new MurmurError('forbidden', `a chain of ${LONGEST_CHAIN} vouchers cannot grow: its holder lets nobody in`);
  if (own.length > 0 && (own[0].swarm !== swarm || own[0].publicKey !== issuerHex)) throw new MurmurError('forbidden', 'the voucher is not the issuer’s own, or is for another swarm');
  const unsigned = { swarm, publicKey: toHex(publicKey), issuer: issuerHex, expires: Math.min(expires, ...own.map((one) => one.expires)) };
  return [{ ...unsigned, signature: toHex(sign(signedBytes(unsigned), issuer.secretKey)) }, ...own];
}

export interface VoucherCheck {
  readonly swarm: Digest;
  /** The key that must be vouched for; Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The swarm's root key, 32 bytes in hexadecimal; null: the swarm is open, and needs no voucher. */
  readonly root: string | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * @param voucher parsed by its schema; null: the peer has none
 * @throws wrong_task: it is for another swarm
 * @throws not_authenticated: none, of another key, expired, or no unbroken chain to the root
 * @throws bad_signature: a signature in it is forged
 */
export function verifyVoucher(voucher: Voucher | null, { swarm, publicKey, root, now }: VoucherCheck): void {
  if (root === null) return;
  if (voucher === null) throw new MurmurError('not_authenticated', 'the swarm asks for a voucher');
  if (voucher.length > LONGEST_CHAIN) throw new MurmurError('not_authenticated', `a chain of ${voucher.length} vouchers; at most ${LONGEST_CHAIN} are followed`);
  let holder = toHex(publicKey);
  for (const one of voucher) {
    if (one.swarm !== swarm) throw new MurmurError('wrong_task', 'the voucher is for another swarm');
    if (one.publicKey !== holder) throw new MurmurError('not_authenticated', 'the voucher is for another key');
    if (one.expires <= now) throw new MurmurError('not_authenticated', 'the voucher has expired');
    holder = one.issuer;
  }
  // Signatures last: they cost most, and whoever sends nonsense is not worth them.
  if (holder !== root) throw new MurmurError('not_authenticated', 'the voucher does not come from the swarm’s root');
  for (const one of voucher) {
    if (!verify(fromHex(one.signature), signedBytes(one), fromHex(one.issuer))) throw new MurmurError('bad_signature', 'a signature of the voucher is not its issuer’s');
  }
}
