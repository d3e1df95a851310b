/**
 * Wires through whoever both peers are connected to, where no direct path exists. Many wires to many peers share one conduit;
 * each has a number that its two ends agree on by signals.
 *
 * Who relays sees each message: a wire has no binding, so that the handshake over it ends in a sealed one. The end of a wire is
 * not sealed; who relays could end it at any time.
 *
 * Every packet: what it is (1: a message, 2: the end, with a reason), the wire's number in eight bytes, then the rest.
 */
import { z } from 'zod';
import { randomBytes } from '#platform/crypto';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { fromHex, toHex } from '../../shared/hex.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { parserOf } from '../../shared/protocol/as-it-is.ts';
import { createAttempt } from './attempt.ts';
import type { Introduction } from './introducer.ts';
import { createEnding, createInbox } from './wire-parts.ts';
import type { PeerTransport, Signalling, Wire } from './wire.ts';

/** One that has no end of its own (a mesh's, which asks whichever introducer knows the other side) just refuses to relay. */
export type Conduit = Pick<Introduction, 'relay' | 'onRelayed'> & Partial<Pick<Introduction, 'closed' | 'onClose'>>;

export interface RelayOptions {
  readonly conduit: Conduit;
  readonly clock: Clock;
  /** How long an attempt may take. */
  readonly timeoutMs?: number;
}

/** Longest packet that a conduit is given. */
export const RELAYED_BYTES = 2 ** 16;
const NUMBER_BYTES = 8;
const HEAD_BYTES = 1 + NUMBER_BYTES;
/** So that what follows eight bytes into a message lies at a multiple of eight in memory, when the message is copied there. */
const MESSAGE_BYTES = RELAYED_BYTES - 16;
const MESSAGE = 1;
const END = 2;
/** Packets of one wire that may be under way: with one, every message would wait for the whole way there and back. */
const WINDOW = 4;
const TIMEOUT_MS = 20_000;

const number = z.string().regex(new RegExp(`^[0-9a-f]{${2 * NUMBER_BYTES}}$`));
const Signal = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('relay'), number }),
  z.strictObject({ type: z.literal('relayed'), number }),
  z.strictObject({ type: z.literal('bye'), reason: z.string().max(512) }),
]);
type Signal = z.output<typeof Signal>;
const signalParser = parserOf(Signal);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface RelayWire {
  readonly wire: Wire;
  take(kind: number, rest: Uint8Array): void;
  end(reason: string): void;
}

export function createRelayTransport({ conduit, clock, timeoutMs = TIMEOUT_MS }: RelayOptions): PeerTransport {
  const stopper = new AbortController();
  /** By peer and number: nobody can speak on another peer's wire. */
  const wires = new Map<string, RelayWire>();
  /** What ends each attempt when the conduit does: of one that outlives thousands of attempts, it is not asked for each. */
  const underWay = new Set<(reason: string) => void>();
  const keyOf = (peer: EdgeId, wireNumber: string): string => `${peer} ${wireNumber}`;

  conduit.onRelayed((from, bytes) => {
    if (bytes.byteLength < HEAD_BYTES) return;
    const wireNumber = toHex(bytes.subarray(1, HEAD_BYTES));
    const addressed = wires.get(keyOf(from, wireNumber));
    if (addressed !== undefined) addressed.take(bytes[0], bytes.subarray(HEAD_BYTES));
    // A wire that is gone or never was: its other end may not have heard of it.
    else if (bytes[0] === MESSAGE) conduit.relay(from, packetOf(END, fromHex(wireNumber), encoder.encode('no such wire'))).catch(() => undefined);
  });
  conduit.onClose?.((reason) => {
    for (const { end } of [...wires.values()]) end(`disconnected: the relay is gone: ${reason}`);
    // Whatever the state of an attempt: without a conduit it comes to nothing.
    for (const relayGone of [...underWay]) relayGone(reason);
  });

  function open(peer: EdgeId, wireNumber: string): Wire {
    const key = keyOf(peer, wireNumber);
    const made = createRelayWire(conduit, peer, wireNumber);
    wires.set(key, made);
    made.wire.onClose(() => wires.delete(key));
    return made.wire;
  }

  return {
    kind: 'relay',
    open: (signalling, signal) => begin(true, signalling, signal),
    answer: (signalling, signal) => begin(false, signalling, signal),
    async stop() {
      stopper.abort(new MurmurError('aborted', 'the transport stops'));
      for (const { wire } of [...wires.values()]) wire.close('the transport stops');
    },
  };

  function begin(calls: boolean, signalling: Signalling, given: AbortSignal): Promise<Wire> {
    const signal = AbortSignal.any([given, stopper.signal]);
    const { peer } = signalling;
    const own = toHex(randomBytes(NUMBER_BYTES));
    return new Promise((resolve, reject) => {
      /** The end is made before the other side is told, so that its first message finds it. */
      let wire: Wire | null = null;
      const attempt = createAttempt({ peer, signal, clock, timeoutMs, late: `no answer from ${peer} through the relay`, fail });

      function settle(): boolean {
        underWay.delete(relayGone);
        return attempt.settle();
      }

      function relayGone(reason: string): void {
        fail(new MurmurError('disconnected', `the relay is gone: ${reason}`), false);
      }

      function fail(error: MurmurError, tellOther = true): void {
        if (!settle()) return;
        wire?.close('given up');
        if (tellOther) say({ type: 'bye', reason: error.message.slice(0, 512) });
        reject(error);
      }

      function say(said: Signal): void {
        try {
          signalling.send(said);
        } catch (thrown) {
          fail(toMurmurError(thrown, 'disconnected'), false);
        }
      }

      function done(opened: Wire): void {
        if (settle()) resolve(opened);
      }

      function hear(said: unknown): void {
        if (attempt.over) return;
        const read = signalParser.safeParse(said);
        if (!read.success) return fail(new MurmurError('bad_message', 'the other side’s signal is none'));
        const { data } = read;
        if (data.type === 'bye') return fail(new MurmurError('disconnected', `${peer} gave up: ${data.reason}`), false);
        if (data.type === 'relayed') {
          if (wire !== null && data.number === own) done(wire);
          return;
        }
        // Both called: the higher number stands, and its side waits for the answer.
        if (wire !== null && data.number <= own) return;
        wire?.close('given up for the other side’s');
        wire = open(peer, data.number);
        const answered = wire;
        say({ type: 'relayed', number: data.number });
        done(answered);
      }

      if (!attempt.begin()) return;
      if (conduit.closed === true) return fail(new MurmurError('disconnected', 'the relay is gone'), false);
      underWay.add(relayGone);
      if (calls) wire = open(peer, own);
      signalling.onSignal(hear);
      if (calls) say({ type: 'relay', number: own });
    });
  }
}

function packetOf(kind: number, numberBytes: Uint8Array, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + rest.byteLength);
  bytes[0] = kind;
  bytes.set(numberBytes, 1);
  bytes.set(rest, HEAD_BYTES);
  return bytes;
}

function createRelayWire(conduit: Conduit, peer: EdgeId, wireNumber: string): RelayWire {
  const inbox = createInbox();
  const ending = createEnding();
  const numberBytes = fromHex(wireNumber);
  let waiting: Uint8Array[] = [];
  let underWay = 0;
  let bufferedAmount = 0;
  let lowWater = 0;
  let onDrained: () => void = () => undefined;

  function end(reason: string): void {
    inbox.shut();
    waiting = [];
    bufferedAmount = 0;
    ending.end(reason);
  }

  function pump(): void {
    while (underWay < WINDOW && waiting.length > 0) {
      const bytes = waiting[0];
      waiting.shift();
      underWay++;
      conduit.relay(peer, bytes).then(
        () => left(bytes.byteLength - HEAD_BYTES),
        (thrown: unknown) => end(`disconnected: the relay does not pass it on: ${toMurmurError(thrown).message}`),
      );
    }
  }

  function left(bytes: number): void {
    underWay--;
    pump();
    if (ending.reason !== null) return;
    const before = bufferedAmount;
    bufferedAmount -= bytes;
    if (before > lowWater && bufferedAmount <= lowWater) onDrained();
  }

  function close(reason: string): void {
    if (ending.reason !== null) return;
    waiting.push(packetOf(END, numberBytes, encoder.encode(reason).subarray(0, 512)));
    const last = waiting;
    end(reason);
    // In the background; a relay that is gone takes none of it, and nobody waits.
    waiting = last;
    pump();
  }

  return {
    end,
    take(kind, rest) {
      if (ending.reason !== null) return;
      if (kind === END) return end(decoder.decode(rest.subarray(0, 512)) || 'closed');
      if (kind !== MESSAGE) return close('bad_message: an unknown packet');
      if (rest.byteLength > MESSAGE_BYTES) return close(`too_large: a message of ${rest.byteLength} bytes`);
      // A place of its own, where numbers can be read in place; not by `slice`, which of Node's buffers is no copy.
      if (!inbox.put(new Uint8Array(rest))) close('too_large: nobody takes what comes');
    },
    wire: {
      kind: 'relay',
      binding: '',
      maxMessageBytes: MESSAGE_BYTES,
      get bufferedAmount() {
        return bufferedAmount;
      },
      get closed() {
        return ending.reason !== null;
      },
      send(message) {
        if (ending.reason !== null) throw new MurmurError('disconnected', `the wire is closed: ${ending.reason}`);
        if (message.byteLength > MESSAGE_BYTES) throw new MurmurError('too_large', `a message of ${message.byteLength} bytes; at most ${MESSAGE_BYTES} are sent`);
        bufferedAmount += message.byteLength;
        waiting.push(packetOf(MESSAGE, numberBytes, message));
        pump();
      },
      onDrained(lowWaterBytes, handler) {
        lowWater = lowWaterBytes;
        onDrained = handler;
      },
      onMessage: (handler) => inbox.onMessage(handler),
      onClose: (handler) => ending.onEnd(handler),
      close: (reason = 'closed') => close(reason),
    },
  };
}
