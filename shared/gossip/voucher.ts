/**
 * A voucher says that a key belongs to a swarm: signed by the swarm's root key, which its rendezvous holds, or by a peer that
 * holds a voucher itself. So peers can still let newcomers in when the rendezvous is gone, and nobody else can.
 */
import { z } from 'zod';
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
