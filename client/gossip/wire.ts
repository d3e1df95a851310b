/**
 * A wire carries messages between two peers: ordered and reliable until it breaks. A transport opens wires; one file each,
 * and all pass the suite in `test/conformance/transport.ts`. Above it, a channel cuts frames into messages (`channel.ts`).
 */
import type { EdgeId } from '../../shared/ids.ts';

/** `webrtc`: directly; `relay`: through a rendezvous, where no direct path was found; `memory`: in one process. */
export type WireKind = 'webrtc' | 'relay' | 'memory';

export interface Wire {
  readonly kind: WireKind;
  /**
   * What only the two ends of this very wire can both know: of WebRTC the fingerprints of both certificates, sorted. Peers
   * sign it, so that nobody who passes signals on can stand in the middle. Empty where a transport has none: somebody else
   * carries the wire, and the handshake gives one that is sealed to go on with (`sealed-wire.ts`).
   */
  readonly binding: string;
  /** Most bytes of one message: 16 to 64 KiB. */
  readonly maxMessageBytes: number;
  /** Bytes that were given to `send` and have not left. */
  readonly bufferedAmount: number;
  readonly closed: boolean;
  /** Takes one message, at once, whatever is buffered. Its bytes are the caller's again when this returns. @throws disconnected, too_large */
  send(message: Uint8Array): void;
  /** The one handler: called each time that `bufferedAmount` falls to `lowWaterBytes` or below. */
  onDrained(lowWaterBytes: number, handler: () => void): void;
  /**
   * The one handler. What comes while there is none, before the first or after null, is kept for the next, up to `UNHEARD_BYTES` of `wire-parts.ts`:
   * so one reader can hand a wire over to another. The bytes are then the handler's own.
   */
  onMessage(handler: ((message: Uint8Array) => void) | null): void;
  /** Called once, at either side's wish or when the wire broke; at once where it is closed already. */
  onClose(handler: (reason: string) => void): void;
  /** Takes and hears nothing more, at once; what was sent before still arrives where the other side lives. */
  close(reason?: string): void;
}

/** What one attempt to open a wire is given: a way to pass signals (small JSON) to the other side's attempt, in order. */
export interface Signalling {
  readonly peer: EdgeId;
  send(signal: unknown): void;
  /** The one handler; signals that came before are kept for it. Untrusted. */
  onSignal(handler: (signal: unknown) => void): void;
}

export interface PeerTransport {
  readonly kind: WireKind;
  /** The calling side. @throws disconnected, timeout, aborted: no wire, and nothing of the attempt is left */
  open(signalling: Signalling, signal: AbortSignal): Promise<Wire>;
  /** The side that was called. */
  answer(signalling: Signalling, signal: AbortSignal): Promise<Wire>;
  /** Closes all that it opened. */
  stop(): Promise<void>;
}
