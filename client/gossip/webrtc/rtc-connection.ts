/** The little that is asked of a platform's WebRTC: a connection with one data channel, ordered and reliable, known to both sides beforehand. */
import type { IceServer } from '../introducer.ts';
import type { DescriptionType } from './signals.ts';

/** Number of the channel, which both sides open: so none has to wait for news of it, and no message can come before its handler. */
export const CHANNEL_ID = 0;
export const CHANNEL_LABEL = 'murmuration';

/** WebRTC implementations of today take four times as much; this much is taken well by all of them. */
export const MESSAGE_BYTES = 2 ** 16;

/**
 * The one text on a channel whose messages are bytes: its sender has closed, and waits till all before it has come. Whoever
 * hears it ends the connection at once, which its sender notices: so neither has to guess when the other has everything.
 */
export const FAREWELL = 'farewell';

/** How long a connection that was closed may go on to deliver what was sent. Milliseconds. */
export const FLUSH_MS = 2000;

export interface RtcOptions {
  /** STUN and TURN servers. */
  readonly iceServers: readonly IceServer[];
  /** The address to be reached at; `127.0.0.1` keeps the connection on this machine. Null: all of the machine's. A browser binds to what it likes. */
  readonly bindAddress: string | null;
  /** Longest packet that the other side takes; null: not known. */
  readonly mostPacketBytes: number | null;
}

/** Told in their order, and none after `close`. */
export interface RtcEvents {
  /** The local description, to be sent to the other side. */
  onDescription(sdp: string, type: DescriptionType): void;
  onCandidate(candidate: string, mid: string): void;
  /** The data channel is open. */
  onOpen(): void;
  onMessage(message: Uint8Array): void;
  /** `bufferedAmount` fell to the threshold or below. */
  onDrained(): void;
  /** The connection is gone, by the other side's will or by itself. */
  onEnd(reason: string): void;
}

export interface RtcConnection {
  /** Longest packets, as IP counts them, that it sends and that it takes. Longer ones are lost without a word. */
  readonly sendsPacketBytes: number;
  readonly takesPacketBytes: number;
  /** Begins as the calling side. */
  offer(): void;
  /** The other side's description; an answer of one's own follows an offer. May fail later, by `onEnd`. @throws whatever is wrong with it */
  describe(sdp: string, type: DescriptionType): void;
  /** After `describe`. One that cannot be used is passed over: others may do. */
  addCandidate(candidate: string, mid: string): void;
  readonly bufferedAmount: number;
  /** Copies. @throws what the platform throws where it cannot */
  send(message: Uint8Array): void;
  setDrainedAt(bytes: number): void;
  /** Gives up everything; `flush`: what was sent is delivered first, in the background, for `FLUSH_MS` at most. */
  close(flush: boolean): void;
}

/** @throws unavailable: this machine has no WebRTC */
export type OpenRtcConnection = (options: RtcOptions, events: RtcEvents) => Promise<RtcConnection>;
