/**
 * Wires without a network: both ends in one process, under any clock. Messages take the time that the line between the two
 * asks for, and arrive in their order. Wires are reliable, so what is lost is the wire: broken at will, or stalled in silence.
 */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { createEnding, createInbox, type Inbox } from '../../client/gossip/wire-parts.ts';
import type { PeerTransport, Signalling, Wire } from '../../client/gossip/wire.ts';
import type { EdgeId } from '../../shared/ids.ts';
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

export interface VirtualSwitchboardOptions {
  readonly clock: Clock;
  /** Between two peers, `up` from the one that called; null: there is no way from the one to the other. */
  readonly line: (caller: EdgeId, called: EdgeId) => Pick<Line, 'latencyMs' | 'bytesPerMs'> | null;
  /** How long an attempt may take. */
  readonly timeoutMs?: number;
  /** Most bytes of one message. */
  readonly maxMessageBytes?: number;
  readonly carry?: (caller: EdgeId, called: EdgeId) => CarryMessage;
}

/** Peers of one process that can reach each other. */
export interface VirtualSwitchboard {
  /** @param end the peer's process, where it has one of its own that may be suspended, or die */
  transportOf(self: EdgeId, end?: WireEnd): PeerTransport;
  /** Wires between two peers that are not closed at both ends; `openedAt` by the switchboard's clock. */
  wires(): readonly { readonly caller: EdgeId; readonly called: EdgeId; readonly openedAt: number; readonly wires: VirtualWires }[];
}

const TIMEOUT_MS = 20_000;

interface Call {
  readonly wires: VirtualWires;
  readonly caller: EdgeId;
  readonly called: EdgeId;
  readonly openedAt: number;
}

/** Signals of an attempt: the caller names its call; the one that was called takes it up. */
interface CallSignal {
  readonly type: 'call' | 'taken' | 'bye';
  readonly call: number;
}

function readSignal(signal: unknown): CallSignal {
  if (typeof signal === 'object' && signal !== null && 'type' in signal && 'call' in signal) {
    const { type, call } = signal;
    if ((type === 'call' || type === 'taken' || type === 'bye') && typeof call === 'number') return { type, call };
  }
  throw new MurmurError('bad_message', 'the other side’s signal is none');
}

export function createVirtualSwitchboard({ clock, line, timeoutMs = TIMEOUT_MS, maxMessageBytes, carry }: VirtualSwitchboardOptions): VirtualSwitchboard {
  const calls = new Map<number, Call>();
  let callsMade = 0;

  function forget(call: number): void {
    const made = calls.get(call);
    if (made?.wires.closed) calls.delete(call);
  }

  function place(caller: EdgeId, called: EdgeId, end: WireEnd): number {
    const between = line(caller, called);
    if (between === null) throw new MurmurError('disconnected', `there is no way from ${caller} to ${called}`);
    const call = ++callsMade;
    const wires = createVirtualWires({ clock, line: between, ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }), ...(carry === undefined ? {} : { carry: carry(caller, called) }) });
    wires.attach('near', end);
    calls.set(call, { wires, caller, called, openedAt: clock.now() });
    for (const wire of [wires.near, wires.far]) wire.onClose(() => forget(call));
    return call;
  }

  function transportOf(self: EdgeId, end: WireEnd = { clock, run: (callback) => callback() }): PeerTransport {
    const stopper = new AbortController();
    const own = new Set<Wire>();

    function attempt(caller: boolean, signalling: Signalling, given: AbortSignal): Promise<Wire> {
      const signal = AbortSignal.any([given, stopper.signal]);
      return new Promise((resolve, reject) => {
        let over = false;
        let call: number | null = null;
        const cancelTimeout = end.clock.after(timeoutMs, () => fail(new MurmurError('timeout', `no answer from ${signalling.peer} within ${timeoutMs} ms`)));
        const onAbort = (): void => fail(new MurmurError('aborted', `the attempt to reach ${signalling.peer} was given up`, { cause: signal.reason }));
        const settle = (): boolean => {
          if (over) return false;
          over = true;
          cancelTimeout();
          signal.removeEventListener('abort', onAbort);
          return true;
        };
        const hangUp = (): void => {
          if (call !== null) calls.get(call)?.wires.break('given up');
        };
        function fail(error: MurmurError): void {
          if (!settle()) return;
          hangUp();
          if (error.code !== 'disconnected') signalling.send({ type: 'bye', call: 0 } satisfies CallSignal);
          reject(error);
        }
        function done(wire: Wire): void {
          if (!settle()) return;
          own.add(wire);
          wire.onClose(() => own.delete(wire));
          resolve(wire);
        }
        function hear(said: CallSignal): void {
          if (said.type === 'bye') return fail(new MurmurError('disconnected', `${signalling.peer} gave up`));
          const made = calls.get(said.call);
          if (said.type === 'taken') {
            if (said.call === call && made !== undefined) done(made.wires.near);
            return;
          }
          // Both called: the later call stands.
          if (call !== null && said.call < call) return;
          if (made === undefined || made.called !== self) return fail(new MurmurError('disconnected', 'the call was given up'));
          hangUp();
          call = null;
          made.wires.attach('far', end);
          signalling.send({ type: 'taken', call: said.call } satisfies CallSignal);
          done(made.wires.far);
        }
        function tryTo(what: () => void): void {
          try {
            what();
          } catch (thrown) {
            fail(thrown instanceof MurmurError ? thrown : new MurmurError('internal', 'the attempt failed', { cause: thrown }));
          }
        }

        signal.addEventListener('abort', onAbort, { once: true });
        if (signal.aborted) return onAbort();
        if (caller) tryTo(() => {
          call = place(self, signalling.peer, end);
          signalling.send({ type: 'call', call } satisfies CallSignal);
        });
        if (!over) signalling.onSignal((said) => {
          if (!over) tryTo(() => hear(readSignal(said)));
        });
      });
    }

    return {
      kind: 'memory',
      open: (signalling, signal) => attempt(true, signalling, signal),
      answer: (signalling, signal) => attempt(false, signalling, signal),
      async stop() {
        stopper.abort(new MurmurError('aborted', 'the transport stops'));
        for (const wire of [...own]) wire.close('the transport stops');
      },
    };
  }

  return {
    transportOf,
    wires() {
      // Whose processes are gone told nobody.
      for (const call of [...calls.keys()]) forget(call);
      return [...calls.values()];
    },
  };
}
