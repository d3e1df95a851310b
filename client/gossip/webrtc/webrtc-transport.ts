/** Wires over WebRTC: what the two sides tell each other till they are connected, on whatever platform. */
import { randomBytes } from '#platform/crypto';
import type { Clock } from '../../../shared/clock.ts';
import { MurmurError, toMurmurError } from '../../../shared/errors.ts';
import { createAttempt } from '../attempt.ts';
import type { IceServer } from '../introducer.ts';
import { createEnding, createInbox } from '../wire-parts.ts';
import type { PeerTransport, Signalling, Wire } from '../wire.ts';
import { MESSAGE_BYTES, type OpenRtcConnection, type RtcConnection } from './rtc-connection.ts';
import { bindingOf, PACKET_BYTES, readSignal, type DescriptionType, type RtcSignal } from './signals.ts';

export interface WebRtcOptions {
  /** The platform's: `openNodeConnection`, `openBrowserConnection`. */
  readonly connect: OpenRtcConnection;
  readonly clock: Clock;
  /** None unless said otherwise: peers then meet on one machine or in one network. */
  readonly iceServers?: readonly IceServer[];
  /** For Node: the one address to be reached at; `127.0.0.1` keeps everything on this machine. */
  readonly bindAddress?: string | null;
  /** How long an attempt may take. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 20_000;
/** Addresses at which the other side may say that it can be reached. */
const MOST_CANDIDATES = 64;

export function createWebRtcTransport({ connect, clock, iceServers = [], bindAddress = null, timeoutMs = TIMEOUT_MS }: WebRtcOptions): PeerTransport {
  const stopper = new AbortController();
  const wires = new Set<Wire>();

  async function begin(role: DescriptionType, signalling: Signalling, signal: AbortSignal): Promise<Wire> {
    const wire = await attempt({ role, signalling, signal: AbortSignal.any([signal, stopper.signal]), connect: (mostPacketBytes, events) => connect({ iceServers, bindAddress, mostPacketBytes }, events), clock, timeoutMs });
    wires.add(wire);
    wire.onClose(() => wires.delete(wire));
    return wire;
  }

  return {
    kind: 'webrtc',
    open: (signalling, signal) => begin('offer', signalling, signal),
    answer: (signalling, signal) => begin('answer', signalling, signal),
    async stop() {
      stopper.abort(new MurmurError('aborted', 'the transport stops'));
      for (const wire of [...wires]) wire.close('the transport stops');
    },
  };
}

interface Attempt {
  readonly role: DescriptionType;
  readonly signalling: Signalling;
  readonly signal: AbortSignal;
  readonly connect: (mostPacketBytes: number | null, events: Parameters<OpenRtcConnection>[1]) => Promise<RtcConnection>;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** One connection of the attempt. There is another one where both sides offered and this one has to give way, or its packets are too long. */
interface Try {
  role: DescriptionType;
  connection: RtcConnection | null;
  local: string | null;
  remote: string | null;
  /** Longest packet that the other side sends, where it has offered, or takes, where it has said so. */
  packetBytes: number | null;
  /** This side's, until the other side can use them. */
  held: RtcSignal[];
  /** The other side's, until its description is here. */
  early: { readonly candidate: string; readonly mid: string }[];
}

function attempt({ role, signalling, signal, connect, clock, timeoutMs }: Attempt): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const tie = new DataView(randomBytes(4).buffer).getUint32(0);
    let current = newTry(role);
    let wire: WireEnd | null = null;
    let candidates = 0;
    const ending = createAttempt({ peer: signalling.peer, signal, clock, timeoutMs, late: `no connection to ${signalling.peer}`, fail });

    function fail(error: MurmurError, tellOther = true): void {
      if (!ending.settle()) return;
      current.connection?.close(false);
      if (tellOther) say({ type: 'bye', reason: error.message.slice(0, 512) });
      reject(error);
    }

    function say(said: RtcSignal): void {
      try {
        signalling.send(said);
      } catch (thrown) {
        fail(toMurmurError(thrown, 'disconnected'), false);
      }
    }

    function newTry(as: DescriptionType, packetBytes: number | null = null): Try {
      return { role: as, connection: null, local: null, remote: null, packetBytes, held: [], early: [] };
    }

    function opened(one: Try): void {
      if (ending.over || one !== current || one.local === null || one.remote === null || one.connection === null) return;
      const binding = bindingOf(one.local, one.remote);
      if (!ending.settle()) return;
      wire = createWireEnd(one.connection, binding);
      resolve(wire.wire);
    }

    async function start(one: Try): Promise<void> {
      const isCurrent = (): boolean => !ending.over && one === current;
      const connection = await connect(one.packetBytes, {
        onDescription(sdp, type) {
          if (!isCurrent()) return;
          one.local = sdp;
          say(type === 'offer' ? { type, sdp, tie, packetBytes: one.connection?.sendsPacketBytes ?? PACKET_BYTES } : { type, sdp });
        },
        onCandidate(candidate, mid) {
          if (!isCurrent()) return;
          const said: RtcSignal = { type: 'candidate', candidate, mid };
          // Who called keeps its addresses until it knows whom it will hear from there: a caller that is knocked at too early turns the
          // knock away, and the next one comes half a second later.
          if (one.role === 'offer' && one.remote === null) one.held.push(said);
          else say(said);
        },
        onOpen: () => opened(one),
        onMessage(message) {
          // Platforms may tell of the first message before they tell that the channel is open.
          if (wire === null) opened(one);
          wire?.take(message);
        },
        onDrained: () => wire?.drained(),
        onEnd(reason) {
          if (wire !== null) wire.end(reason);
          else if (isCurrent()) fail(new MurmurError('disconnected', `no connection to ${signalling.peer}: ${reason}`));
        },
      });
      if (!isCurrent()) return connection.close(false);
      if (one.role === 'answer' && (one.packetBytes ?? 0) > connection.takesPacketBytes) {
        connection.close(false);
        current = newTry('answer');
        return say({ type: 'smaller', packetBytes: connection.takesPacketBytes });
      }
      one.connection = connection;
      if (one.role === 'offer') connection.offer();
      else if (one.remote !== null) describe(one, one.remote, 'offer');
    }

    const startCurrent = (): void => void start(current).catch((thrown: unknown) => fail(toMurmurError(thrown, 'unavailable')));

    function describe(one: Try, sdp: string, type: DescriptionType): void {
      one.connection?.describe(sdp, type);
      for (const said of one.held.splice(0)) say(said);
      for (const { candidate, mid } of one.early.splice(0)) one.connection?.addCandidate(candidate, mid);
    }

    function hear(said: RtcSignal): void {
      switch (said.type) {
        case 'bye':
          return fail(new MurmurError('disconnected', `${signalling.peer} gave up: ${said.reason}`), false);
        case 'offer':
          return hearOffer(said);
        case 'smaller':
          if (current.role !== 'offer' || current.connection === null || said.packetBytes >= current.connection.sendsPacketBytes) return;
          current.connection.close(false);
          current = newTry('offer', said.packetBytes);
          return startCurrent();
        case 'answer':
          if (current.role !== 'offer' || current.remote !== null || current.connection === null) return;
          current.remote = said.sdp;
          // Read now, so that a description without a certificate is refused before it is taken.
          if (current.local !== null) bindingOf(current.local, said.sdp);
          return describe(current, said.sdp, 'answer');
        case 'candidate':
          if (++candidates > MOST_CANDIDATES) return;
          if (current.remote === null || current.connection === null) current.early.push(said);
          else current.connection.addCandidate(said.candidate, said.mid);
      }
    }

    function hearOffer({ sdp, tie: other, packetBytes }: RtcSignal & { type: 'offer' }): void {
      if (current.role === 'offer') {
        // Both called. Of two equal numbers neither yields: both attempts end by their time-out, once in four thousand million.
        if (current.remote !== null || other <= tie) return;
        current.connection?.close(false);
        current = newTry('answer');
      }
      if (current.remote !== null) return;
      bindingOf(sdp, sdp);
      current.remote = sdp;
      current.packetBytes = packetBytes;
      startCurrent();
    }

    if (!ending.begin()) return;
    signalling.onSignal((said) => {
      if (ending.over) return;
      try {
        hear(readSignal(said));
      } catch (thrown) {
        fail(toMurmurError(thrown, 'bad_message'));
      }
    });
    if (role === 'offer') startCurrent();
  });
}

interface WireEnd {
  readonly wire: Wire;
  take(message: Uint8Array): void;
  drained(): void;
  end(reason: string): void;
}

function createWireEnd(connection: RtcConnection, binding: string): WireEnd {
  const inbox = createInbox();
  const ending = createEnding();
  let onDrained: () => void = () => undefined;
  let lowWater = 0;

  function end(reason: string): void {
    inbox.shut();
    ending.end(reason);
  }

  function close(reason: string): void {
    if (ending.reason !== null) return;
    connection.close(true);
    end(reason);
  }

  return {
    end,
    drained() {
      // The word comes from another thread: by now more may have been given to `send`, and there will be another word of that.
      if (connection.bufferedAmount <= lowWater) onDrained();
    },
    take(message) {
      if (message.byteLength > MESSAGE_BYTES) close(`too_large: a message of ${message.byteLength} bytes`);
      else if (!inbox.put(message)) close('too_large: nobody takes what comes');
    },
    wire: {
      kind: 'webrtc',
      binding,
      maxMessageBytes: MESSAGE_BYTES,
      get bufferedAmount() {
        return ending.reason === null ? connection.bufferedAmount : 0;
      },
      get closed() {
        return ending.reason !== null;
      },
      send(message) {
        if (ending.reason !== null) throw new MurmurError('disconnected', `the wire is closed: ${ending.reason}`);
        if (message.byteLength > MESSAGE_BYTES) throw new MurmurError('too_large', `a message of ${message.byteLength} bytes; at most ${MESSAGE_BYTES} are sent`);
        try {
          connection.send(message);
        } catch (thrown) {
          const error = toMurmurError(thrown, 'disconnected');
          close(`disconnected: ${error.message}`);
          throw error;
        }
      },
      onDrained(lowWaterBytes, handler) {
        onDrained = handler;
        lowWater = lowWaterBytes;
        connection.setDrainedAt(lowWaterBytes);
      },
      onMessage: (handler) => inbox.onMessage(handler),
      onClose: (handler) => ending.onEnd(handler),
      close: (reason = 'closed') => close(reason),
    },
  };
}
