/** A channel carries whole frames between two peers over a wire, however long they are. */
import type { WireKind } from './wire.ts';

export interface Channel {
  readonly kind: WireKind;
  readonly binding: string;
  readonly closed: boolean;
  /** Of frames and what stands around them. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /**
   * Resolves when the wire has taken all of it. Frames arrive in the order in which they were sent, but for urgent ones (signs
   * of life, membership), which pass a long one that is under way between two of its messages.
   * @throws disconnected: the channel broke before; whatever had arrived of it is forgotten on the other side
   */
  send(frame: Uint8Array, options?: { readonly urgent?: boolean }): Promise<void>;
  /** The one handler of whole frames. */
  onFrame(handler: (frame: Uint8Array) => void): void;
  /** Called with whatever comes, a part of a frame included: a sign of life. */
  onSign(handler: () => void): void;
  onClose(handler: (reason: string) => void): void;
  close(reason?: string): void;
}
