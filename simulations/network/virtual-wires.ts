/**
 * Wires without a network: both ends in one process, under any clock. Messages take the time that the line between the two
 * asks for, and arrive in their order. Wires are reliable, so what is lost is the wire: broken at will, or stalled in silence.
 */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { createEnding, createInbox, type Inbox } from '../../client/gossip/wire-parts.ts';
import type { Wire } from '../../client/gossip/wire.ts';
import type { Direction, Line } from './virtual-links.ts';

type Side = 'near' | 'far';

/** The process at an end of a wire. */
export interface WireEnd {
  /** Of its own timers. */
  readonly clock: Clock;
  /** Runs what happens to it; one that is suspended keeps it for later, one that is dead drops it. */
  readonly run: (callback: () => void) => void;
}

/** What becomes of a message on its way: its bytes as they arrive; null: the wire broke in the middle of it. */
export type CarryMessage = (direction: Direction, message: Uint8Array) => Uint8Array | null;

export interface VirtualWires {
  /** `up` on the line. */
  readonly near: Wire;
  /** `down`. */
  readonly far: Wire;
  readonly closed: boolean;
  /** From now on what happens at this side happens to that process; it has none of its own unless one is named. */
  attach(side: Side, end: WireEnd): void;
  /** Sides of this process that it has not been told the end of, nor has closed. */
  openAt(end: WireEnd): number;
  /** Nothing arrives any more, in one direction or in both, and neither end is told: what a peer that was switched off looks like. */
  stall(direction?: Direction): void;
  /** What is sent from now on leaves so much later, in both directions, and behind it what is sent later. Milliseconds. */
  delay(ms: number): void;
  /** Both ends hear that it broke, at once; what was under way is gone. */
  break(reason: string): void;
  /** The process at a side is gone: it hears nothing more of this wire. The other side is told after the line's latency, or never. */
  lose(end: WireEnd, told: boolean): void;
}

export interface VirtualWiresOptions {
  readonly clock: Clock;
  readonly line: Pick<Line, 'latencyMs' | 'bytesPerMs'>;
  readonly carry?: CarryMessage;
  /** 16 to 64 KiB. */
  readonly maxMessageBytes?: number;
  /** Empty: somebody else carries it, as a relay does, and its ends seal what they send. Left out: it has one of its own, since it does not leave the process. */
  readonly binding?: string;
}

const MESSAGE_BYTES = 2 ** 16;
let made = 0;

/** One direction. */
interface Half {
  readonly direction: Direction;
  /** Where its messages arrive. */
  readonly inbox: Inbox;
  /** When the last byte that was sent has left, and when the last message arrives. */
  busyUntil: number;
  arrivesLast: number;
  buffered: number;
  lowWater: number;
  onDrained: () => void;
  stalled: boolean;
  readonly leaving: Queue;
  readonly arriving: Queue;
}

/** What happens later, in this order; and what takes each back. */
interface Queue {
  readonly steps: (() => void)[];
  readonly cancels: (() => void)[];
}

const newQueue = (): Queue => ({ steps: [], cancels: [] });

const newHalf = (direction: Direction): Half => ({ direction, inbox: createInbox(), busyUntil: 0, arrivesLast: 0, buffered: 0, lowWater: 0, onDrained: () => undefined, stalled: false, leaving: newQueue(), arriving: newQueue() });

export function createVirtualWires({ clock, line, carry = (_direction, message) => message, maxMessageBytes = MESSAGE_BYTES, binding = `virtual ${++made}` }: VirtualWiresOptions): VirtualWires {
  const up = newHalf('up');
  const down = newHalf('down');
  const endings = { near: createEnding(), far: createEnding() };
  const ends: Record<Side, WireEnd | null> = { near: null, far: null };
  /** Sides whose process is gone. */
  const lost: Record<Side, boolean> = { near: false, far: false };
  const otherOf = (side: Side): Side => (side === 'near' ? 'far' : 'near');
  const outgoingOf = (side: Side): Half => (side === 'near' ? up : down);
  const incomingOf = (side: Side): Half => (side === 'near' ? down : up);
  const isOver = (side: Side): boolean => lost[side] || endings[side].reason !== null;

  function at(side: Side, callback: () => void): void {
    const end = ends[side];
    if (end === null) callback();
    else end.run(callback);
  }

  /** Whichever timer strikes, it is the first one's: live clocks do not keep timers of different delays in their order. */
  function later({ steps, cancels }: Queue, when: number, step: () => void): void {
    steps.push(step);
    cancels.push(clock.after(when - clock.now(), () => {
      cancels.shift();
      steps.shift()?.();
    }));
  }

  function stop({ leaving, arriving }: Half): void {
    for (const { steps, cancels } of [leaving, arriving]) {
      for (const cancel of cancels.splice(0)) cancel();
      steps.length = 0;
    }
  }

  function endAt(side: Side, reason: string): void {
    incomingOf(side).inbox.shut();
    outgoingOf(side).buffered = 0;
    endings[side].end(reason);
  }

  function close(side: Side, reason: string): void {
    if (endings[side].reason !== null) return;
    const outgoing = outgoingOf(side);
    // What comes towards it finds nobody; what it sent arrives, and then the news.
    stop(incomingOf(side));
    const arrives = Math.max(outgoing.arrivesLast, Math.max(clock.now(), outgoing.busyUntil) + line.latencyMs());
    endAt(side, reason);
    if (!outgoing.stalled) later(outgoing.arriving, arrives, () => at(otherOf(side), () => endAt(otherOf(side), reason)));
  }

  function left(half: Half, side: Side, bytes: number): void {
    if (endings[side].reason !== null) return;
    const before = half.buffered;
    half.buffered -= bytes;
    if (before > half.lowWater && half.buffered <= half.lowWater) half.onDrained();
  }

  function breakNow(reason: string): void {
    stop(up);
    stop(down);
    for (const side of ['near', 'far'] as const) at(side, () => endAt(side, reason));
  }

  function send(side: Side, message: Uint8Array): void {
    const ending = endings[side];
    if (ending.reason !== null) throw new MurmurError('disconnected', `the wire is closed: ${ending.reason}`);
    if (message.byteLength > maxMessageBytes) throw new MurmurError('too_large', `a message of ${message.byteLength} bytes; at most ${maxMessageBytes} are sent`);
    const half = outgoingOf(side);
    const now = clock.now();
    const bytes = message.byteLength;
    half.buffered += bytes;
    if (half.stalled) return;
    half.busyUntil = Math.max(now, half.busyUntil) + bytes / line.bytesPerMs(half.direction);
    half.arrivesLast = Math.max(half.arrivesLast, half.busyUntil + line.latencyMs());
    later(half.leaving, half.busyUntil, () => at(side, () => left(half, side, bytes)));
    const carried = carry(half.direction, new Uint8Array(message));
    // Not from within the call: whoever sends learns of it as of any other end.
    if (carried === null) return later(half.arriving, half.arrivesLast, () => breakNow('it broke in the middle of a message'));
    const other = otherOf(side);
    later(half.arriving, half.arrivesLast, () => at(other, () => {
      if (!half.inbox.put(carried)) close(other, 'too_large: nobody takes what comes');
    }));
  }

  function wireAt(side: Side): Wire {
    const [outgoing, incoming] = [outgoingOf(side), incomingOf(side)];
    return {
      kind: 'memory',
      binding,
      maxMessageBytes,
      get bufferedAmount() {
        return outgoing.buffered;
      },
      get closed() {
        return endings[side].reason !== null;
      },
      send: (message) => send(side, message),
      onDrained(lowWaterBytes, handler) {
        outgoing.lowWater = lowWaterBytes;
        outgoing.onDrained = handler;
      },
      onMessage: (handler) => incoming.inbox.onMessage(handler),
      onClose: (handler) => endings[side].onEnd(handler),
      close: (reason = 'closed') => close(side, reason),
    };
  }

  return {
    near: wireAt('near'),
    far: wireAt('far'),
    get closed() {
      return isOver('near') && isOver('far');
    },
    attach(side, end) {
      ends[side] = end;
    },
    openAt: (end) => (['near', 'far'] as const).filter((side) => ends[side] === end && !isOver(side)).length,
    stall(direction) {
      for (const half of [up, down]) {
        if (direction !== undefined && half.direction !== direction) continue;
        half.stalled = true;
        stop(half);
      }
    },
    delay(ms) {
      for (const half of [up, down]) half.busyUntil = Math.max(clock.now(), half.busyUntil) + ms;
    },
    break: breakNow,
    lose(end, told) {
      for (const side of ['near', 'far'] as const) {
        if (ends[side] !== end || isOver(side)) continue;
        lost[side] = true;
        const [outgoing, incoming] = [outgoingOf(side), incomingOf(side)];
        stop(incoming);
        incoming.stalled = true;
        if (!told || outgoing.stalled) {
          stop(outgoing);
          outgoing.stalled = true;
        } else later(outgoing.arriving, Math.max(outgoing.arrivesLast, clock.now() + line.latencyMs()), () => at(otherOf(side), () => endAt(otherOf(side), 'the other side is gone')));
      }
    },
  };
}
