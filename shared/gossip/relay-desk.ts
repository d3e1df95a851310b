/**
 * Passes bytes from peer to peer where they have no direct path. Each pair has one piece under way, whose acknowledgement the
 * sender waits for: who reads slowly slows down its senders, and nothing gathers here.
 */
import { sleep, type Clock } from '../clock.ts';
import { MurmurError } from '../errors.ts';
import type { EdgeId } from '../ids.ts';
import { MOST_RELAYED_BYTES } from '../protocol/peer-messages.ts';
import { createAllowance, type Allowance } from './allowance.ts';

export interface RelayLimits {
  /** Of each sender. */
  readonly bytesPerSecond: number;
  /** Receivers that one sender may write to at a time. */
  readonly receivers: number;
  /** Senders that may write to one receiver at a time. */
  readonly senders: number;
}

export const DEFAULT_RELAY_LIMITS: RelayLimits = { bytesPerSecond: 32 << 20, receivers: 32, senders: 64 };

export interface RelayDesk {
  /** @param deliver hands it to the receiver, and resolves when that has taken it. @throws too_large, conflict, unavailable, disconnected */
  relay(from: EdgeId, to: EdgeId, bytes: Uint8Array, deliver: () => Promise<unknown>, gone: AbortSignal): Promise<void>;
  /** Nothing is kept of a peer that is gone. */
  forget(peer: EdgeId): void;
  readonly bytes: number;
}

interface Sender {
  readonly allowance: Allowance;
  readonly underWay: Set<EdgeId>;
}

export function createRelayDesk(clock: Clock, { bytesPerSecond, receivers, senders: mostSenders }: RelayLimits = DEFAULT_RELAY_LIMITS): RelayDesk {
  const senders = new Map<EdgeId, Sender>();
  /** Pieces under way to each receiver; none is kept for who has none. */
  const arriving = new Map<EdgeId, number>();
  let relayed = 0;
  const senderOf = (peer: EdgeId): Sender => {
    const known = senders.get(peer);
    if (known !== undefined) return known;
    const sender: Sender = { allowance: createAllowance(clock, { perSecond: bytesPerSecond, atOnce: bytesPerSecond }), underWay: new Set() };
    senders.set(peer, sender);
    return sender;
  };

  return {
    get bytes() {
      return relayed;
    },
    async relay(from, to, bytes, deliver, gone) {
      if (bytes.byteLength > MOST_RELAYED_BYTES) throw new MurmurError('too_large', `a piece of ${bytes.byteLength} bytes is not relayed; at most ${MOST_RELAYED_BYTES} are`);
      const { allowance, underWay } = senderOf(from);
      if (underWay.has(to)) throw new MurmurError('conflict', `a piece to ${to} is under way; the next one is taken when that was acknowledged`);
      if (underWay.size >= receivers) throw new MurmurError('unavailable', `pieces to ${underWay.size} peers are under way, no more are taken`);
      const others = arriving.get(to) ?? 0;
      if (others >= mostSenders) throw new MurmurError('unavailable', `${others} peers write to ${to} at once, no more can`);
      underWay.add(to);
      arriving.set(to, others + 1);
      try {
        const waitMs = allowance.owe(bytes.byteLength);
        if (waitMs > 0) await sleep(clock, waitMs, gone);
        await deliver();
        relayed += bytes.byteLength;
      } finally {
        underWay.delete(to);
        const left = (arriving.get(to) ?? 1) - 1;
        if (left > 0) arriving.set(to, left);
        else arriving.delete(to);
      }
    },
    forget: (peer) => void senders.delete(peer),
  };
}
