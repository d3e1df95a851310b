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
   * Resolves when the wire has taken all of it. Short frames pass long ones that are under way, which go on behind them;
   * frames longer than one message keep their order among each other.
   * @throws disconnected: the channel broke before; whatever had arrived of it is forgotten on the other side
   */
  send(frame: Uint8Array): Promise<void>;
  /** The one handler of whole frames. */
  onFrame(handler: (frame: Uint8Array) => void): void;
  /** Called with whatever comes, a part of a frame included: a sign of life. */
  onSign(handler: () => void): void;
  onClose(handler: (reason: string) => void): void;
  close(reason?: string): void;
}
