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

export interface VirtualWires {
  /** `up` on the line. */
  readonly near: Wire;
  /** `down`. */
  readonly far: Wire;
  readonly closed: boolean;
  /** Nothing arrives any more and nothing leaves, and neither end is told: what a peer that was switched off looks like. */
  stall(): void;
  /** Both ends hear that it broke, at once; what was under way is gone. */
  break(reason: string): void;
}

export interface VirtualWiresOptions {
  readonly clock: Clock;
  readonly line: Pick<Line, 'latencyMs' | 'bytesPerMs'>;
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
  readonly leaving: Queue;
  readonly arriving: Queue;
}

/** What happens later, in this order; and what takes each back. */
interface Queue {
  readonly steps: (() => void)[];
  readonly cancels: (() => void)[];
}

const newQueue = (): Queue => ({ steps: [], cancels: [] });

const newHalf = (direction: Direction): Half => ({ direction, inbox: createInbox(), busyUntil: 0, arrivesLast: 0, buffered: 0, lowWater: 0, onDrained: () => undefined, leaving: newQueue(), arriving: newQueue() });

export function createVirtualWires({ clock, line, maxMessageBytes = MESSAGE_BYTES, binding = `virtual ${++made}` }: VirtualWiresOptions): VirtualWires {
  const up = newHalf('up');
  const down = newHalf('down');
  const endings = { near: createEnding(), far: createEnding() };
  let stalled = false;

  /** Whichever timer strikes, it is the first one's: live clocks do not keep timers of different delays in their order. */
  function later({ steps, cancels }: Queue, at: number, step: () => void): void {
    steps.push(step);
    cancels.push(clock.after(at - clock.now(), () => {
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

  function endAt(side: 'near' | 'far', reason: string): void {
    const [incoming, outgoing] = side === 'near' ? [down, up] : [up, down];
    incoming.inbox.shut();
    outgoing.buffered = 0;
    endings[side].end(reason);
  }

  function close(side: 'near' | 'far', reason: string): void {
    if (endings[side].reason !== null) return;
    const [outgoing, incoming] = side === 'near' ? [up, down] : [down, up];
    // What comes towards it finds nobody; what it sent arrives, and then the news.
    stop(incoming);
    const arrives = Math.max(outgoing.arrivesLast, Math.max(clock.now(), outgoing.busyUntil) + line.latencyMs());
    endAt(side, reason);
    if (!stalled) later(outgoing.arriving, arrives, () => endAt(side === 'near' ? 'far' : 'near', reason));
  }

  function left(half: Half, side: 'near' | 'far', bytes: number): void {
    if (endings[side].reason !== null) return;
    const before = half.buffered;
    half.buffered -= bytes;
    if (before > half.lowWater && half.buffered <= half.lowWater) half.onDrained();
  }

  function send(side: 'near' | 'far', message: Uint8Array): void {
    const ending = endings[side];
    if (ending.reason !== null) throw new MurmurError('disconnected', `the wire is closed: ${ending.reason}`);
    if (message.byteLength > maxMessageBytes) throw new MurmurError('too_large', `a message of ${message.byteLength} bytes; at most ${maxMessageBytes} are sent`);
    const half = side === 'near' ? up : down;
    const now = clock.now();
    const bytes = message.byteLength;
    half.buffered += bytes;
    if (stalled) return;
    half.busyUntil = Math.max(now, half.busyUntil) + bytes / line.bytesPerMs(half.direction);
    half.arrivesLast = Math.max(half.arrivesLast, half.busyUntil + line.latencyMs());
    later(half.leaving, half.busyUntil, () => left(half, side, bytes));
    const carried = new Uint8Array(message);
    const other = side === 'near' ? 'far' : 'near';
    later(half.arriving, half.arrivesLast, () => {
      if (!half.inbox.put(carried)) close(other, 'too_large: nobody takes what comes');
    });
  }

  function wireAt(side: 'near' | 'far'): Wire {
    const [outgoing, incoming] = side === 'near' ? [up, down] : [down, up];
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
      return endings.near.reason !== null && endings.far.reason !== null;
    },
    stall() {
      stalled = true;
      stop(up);
      stop(down);
    },
    break(reason) {
      stop(up);
      stop(down);
      endAt('near', reason);
      endAt('far', reason);
    },
  };
}

export interface VirtualSwitchboardOptions {
  readonly clock: Clock;
  /** Between two peers, `up` from the one that called; null: there is no way from the one to the other. */
  readonly line: (caller: EdgeId, called: EdgeId) => Pick<Line, 'latencyMs' | 'bytesPerMs'> | null;
  /** How long an attempt may take. */
  readonly timeoutMs?: number;
}

/** Peers of one process that can reach each other. */
export interface VirtualSwitchboard {
  transportOf(self: EdgeId): PeerTransport;
  /** Wires between two peers that are not closed at both ends. */
  wires(): readonly { readonly caller: EdgeId; readonly called: EdgeId; readonly wires: VirtualWires }[];
}

const TIMEOUT_MS = 20_000;

interface Call {
  readonly wires: VirtualWires;
  readonly caller: EdgeId;
  readonly called: EdgeId;
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

export function createVirtualSwitchboard({ clock, line, timeoutMs = TIMEOUT_MS }: VirtualSwitchboardOptions): VirtualSwitchboard {
  const calls = new Map<number, Call>();
  let callsMade = 0;

  function forget(call: number): void {
    const made = calls.get(call);
    if (made?.wires.closed) calls.delete(call);
  }

  function place(caller: EdgeId, called: EdgeId): number {
    const between = line(caller, called);
    if (between === null) throw new MurmurError('disconnected', `there is no way from ${caller} to ${called}`);
    const call = ++callsMade;
    const wires = createVirtualWires({ clock, line: between });
    calls.set(call, { wires, caller, called });
    for (const wire of [wires.near, wires.far]) wire.onClose(() => forget(call));
    return call;
  }

  function transportOf(self: EdgeId): PeerTransport {
    const stopper = new AbortController();
    const own = new Set<Wire>();

    function attempt(caller: boolean, signalling: Signalling, given: AbortSignal): Promise<Wire> {
      const signal = AbortSignal.any([given, stopper.signal]);
      return new Promise((resolve, reject) => {
        let over = false;
        let call: number | null = null;
        const cancelTimeout = clock.after(timeoutMs, () => fail(new MurmurError('timeout', `no answer from ${signalling.peer} within ${timeoutMs} ms`)));
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
          call = place(self, signalling.peer);
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

  return { transportOf, wires: () => [...calls.values()] };
}
