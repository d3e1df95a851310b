/** From a wire to a channel whose two ends know each other. */
import type { Clock } from '../../shared/clock.ts';
import type { Voucher } from '../../shared/gossip/voucher.ts';
import type { Digest, EdgeId } from '../../shared/ids.ts';
import type { EdgeIdentity } from '../edge/session-options.ts';
import { createChannel, type Channel } from './channel.ts';
import { shakeHands } from './handshake.ts';
import type { Wire } from './wire.ts';

export interface Greeting {
  /** Who is to be at the other end. */
  readonly peer: EdgeId;
  readonly identity: EdgeIdentity;
  readonly swarm: Digest;
  readonly root: string;
  readonly voucher: Voucher;
  /** Longest frame of the task; nothing longer is taken. */
  readonly maxFrameBytes?: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** @throws as `shakeHands`; the wire is then closed */
export async function greet(wire: Wire, { peer, identity, swarm, root, voucher, maxFrameBytes, clock, signal }: Greeting): Promise<Channel> {
  const met = await shakeHands(wire, { identity, swarm, root, voucher, expected: peer, clock, signal });
  return createChannel(met.wire, { clock, ...(maxFrameBytes === undefined ? {} : { maxFrameBytes }) });
}
