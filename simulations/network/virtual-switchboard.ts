/** Peers of one process that call each other: signals bring the two together, and wires without a network lie between them. */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { PeerTransport, Signalling, Wire } from '../../client/gossip/wire.ts';
import type { Line } from './virtual-links.ts';
import { createVirtualWires, type CarryMessage, type VirtualWires, type WireEnd } from './virtual-wires.ts';

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
