/** A channel carries whole frames between two peers over a wire, however long they are. */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { HEAD_BYTES, readPart, writePart, type Lane } from './channel-messages.ts';
import { createAssembly } from './frame-assembly.ts';
import { createEnding } from './wire-parts.ts';
import type { Wire, WireKind } from './wire.ts';

export interface Channel {
  readonly kind: WireKind;
  readonly binding: string;
  readonly closed: boolean;
  /** Of frames and what stands around them. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Bytes of frames that have not come whole: what a peer makes this side hold. */
  readonly heldBytes: number;
  /**
   * Resolves when the wire has taken all of it. Frames arrive in the order in which they were sent, but for urgent ones (signs
   * of life, membership), which pass a long one that is under way between two of its messages. The bytes must not change
   * before: they are sent from where they lie.
   * @throws disconnected: the channel broke before; whatever had arrived of it is forgotten on the other side
   * @throws too_large: longer than any frame may be; unavailable: too many urgent ones wait; the channel stays as it is
   */
  send(frame: Uint8Array, options?: { readonly urgent?: boolean }): Promise<void>;
  /** The one handler of whole frames, which are then its own. What comes before it is set waits on the wire. A handler that throws closes the channel. */
  onFrame(handler: (frame: Uint8Array) => void): void;
  /** Called with whatever comes, a part of a frame included: a sign of life. */
  onSign(handler: () => void): void;
  onClose(handler: (reason: string) => void): void;
  /** What the wire has taken still arrives; sends that wait for it are rejected. */
  close(reason?: string): void;
}

export interface ChannelOptions {
  readonly clock: Clock;
  /** Longest frame, both ways. */
  readonly maxFrameBytes?: number;
  /** No more is given to the wire while it holds so much, until it holds no more than `lowWaterBytes`. */
  readonly highWaterBytes?: number;
  readonly lowWaterBytes?: number;
  /** A frame of which nothing moved for so long, in or out, closes the channel. */
  readonly stallMs?: number;
}

export const MAX_FRAME_BYTES = 2 ** 30;
const HIGH_WATER_BYTES = 2 ** 20;
const LOW_WATER_BYTES = 2 ** 18;
const STALL_MS = 60_000;
/** Signals that are passed on for others go by this lane: nobody can make a peer keep more of them than this for one that takes none. */
const MOST_URGENT_BYTES = 4 * 2 ** 20;

interface Sending {
  readonly frame: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: MurmurError) => void;
  offset: number;
}

/** The reason of a close for what went wrong: its code first, as in logs and metrics. */
const reasonOf = ({ code, message }: MurmurError): string => `${code}: ${message}`;

export function createChannel(wire: Wire, { clock, maxFrameBytes = MAX_FRAME_BYTES, highWaterBytes = HIGH_WATER_BYTES, lowWaterBytes = LOW_WATER_BYTES, stallMs = STALL_MS }: ChannelOptions): Channel {
  const ending = createEnding();
  const queues: Readonly<Record<Lane, Sending[]>> = { urgent: [], plain: [] };
  const assemblies = { urgent: createAssembly(Math.min(maxFrameBytes, MOST_URGENT_BYTES)), plain: createAssembly(maxFrameBytes) } as const;
  /** The one copy that is made of what is sent: a message at a time. */
  let scratch: Uint8Array | null = null;
  let bytesSent = 0;
  let bytesReceived = 0;
  let onFrame: (frame: Uint8Array) => void = () => undefined;
  let onSign: () => void = () => undefined;
  let cancelWatch: (() => void) | null = null;
  /** Messages each way, and how many those were when the watch was set. Whoever sends and takes nothing moves one way alone. */
  const moved = { out: 0, in: 0 };
  let before = { ...moved };
  let urgentBytes = 0;
  let pumping = false;

  function end(reason: string): void {
    if (!ending.end(reason)) return;
    cancelWatch?.();
    cancelWatch = null;
    scratch = null;
    for (const assembly of Object.values(assemblies)) assembly.clear();
    wire.close(reason);
    for (const queue of Object.values(queues)) {
      for (const { reject } of queue.splice(0)) reject(new MurmurError('disconnected', `the channel closed before all was sent: ${reason}`));
    }
  }

  const waitsOut = (): boolean => queues.urgent.length + queues.plain.length > 0;
  const waitsIn = (): boolean => assemblies.urgent.underWay || assemblies.plain.underWay;

  /** One timer for all that is under way, and none when nothing is. */
  function watch(): void {
    if (cancelWatch !== null || ending.reason !== null || !(waitsOut() || waitsIn())) return;
    before = { ...moved };
    cancelWatch = clock.after(stallMs, () => {
      cancelWatch = null;
      if ((waitsOut() && moved.out === before.out) || (waitsIn() && moved.in === before.in)) end(`timeout: nothing of a frame moved for ${stallMs} ms`);
      else watch();
    });
  }

  /** Gives the wire what it may hold, urgent frames first; the wire calls when it has room again. */
  function pump(): void {
    if (pumping) return;
    pumping = true;
    try {
      while (ending.reason === null) {
        const lane: Lane = queues.urgent.length > 0 ? 'urgent' : 'plain';
        const sending = queues[lane].at(0);
        if (sending === undefined) break;
        // A sign of life that waited for room would come too late; there are few, and they are short.
        if (wire.bufferedAmount >= (lane === 'urgent' ? 2 : 1) * highWaterBytes) break;
        scratch ??= new Uint8Array(wire.maxMessageBytes);
        const { message, next } = writePart(scratch, lane, sending.frame, sending.offset);
        wire.send(message);
        bytesSent += message.byteLength;
        moved.out++;
        sending.offset = next;
        if (next < sending.frame.byteLength) continue;
        queues[lane].shift();
        if (lane === 'urgent') urgentBytes -= sending.frame.byteLength;
        sending.resolve();
      }
    } catch (thrown) {
      end(reasonOf(toMurmurError(thrown, 'disconnected')));
    } finally {
      pumping = false;
    }
    watch();
  }

  function take(message: Uint8Array): void {
    bytesReceived += message.byteLength;
    moved.in++;
    try {
      const part = readPart(message);
      onSign();
      const frame = assemblies[part.lane].take(part);
      if (frame === null) watch();
      else onFrame(frame);
    } catch (thrown) {
      end(reasonOf(toMurmurError(thrown)));
    }
  }

  wire.onDrained(lowWaterBytes, pump);
  wire.onClose(end);

  return {
    kind: wire.kind,
    binding: wire.binding,
    get closed() {
      return ending.reason !== null;
    },
    get bytesSent() {
      return bytesSent;
    },
    get bytesReceived() {
      return bytesReceived;
    },
    get heldBytes() {
      return assemblies.urgent.heldBytes + assemblies.plain.heldBytes;
    },
    send(frame, { urgent = false } = {}) {
      return new Promise((resolve, reject) => {
        if (ending.reason !== null) return reject(new MurmurError('disconnected', `the channel is closed: ${ending.reason}`));
        if (frame.byteLength > maxFrameBytes) return reject(new MurmurError('too_large', `a frame of ${frame.byteLength} bytes; at most ${maxFrameBytes} are sent`));
        if (urgent && urgentBytes + frame.byteLength > MOST_URGENT_BYTES) return reject(new MurmurError('unavailable', `${urgentBytes} bytes of urgent frames wait to be sent`));
        if (urgent) urgentBytes += frame.byteLength;
        queues[urgent ? 'urgent' : 'plain'].push({ frame, resolve, reject, offset: 0 });
        pump();
      });
    },
    onFrame(handler) {
      onFrame = handler;
      wire.onMessage(take);
    },
    onSign(handler) {
      onSign = handler;
    },
    onClose: (handler) => ending.onEnd(handler),
    close: (reason = 'closed') => end(reason),
  };
}

/** Bytes of a frame and of what a channel puts around it, on a wire whose messages hold so many. */
export function bytesOnWire(frameBytes: number, maxMessageBytes: number): number {
  return frameBytes + HEAD_BYTES * Math.max(1, Math.ceil(frameBytes / (maxMessageBytes - HEAD_BYTES)));
}
