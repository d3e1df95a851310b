/** What a worker and its page say to each other about wires: the page has WebRTC, the worker has everything else. Both are one's own code. */
import type { ErrorBody } from '../../../shared/errors.ts';
import type { EdgeId } from '../../../shared/ids.ts';
import type { WireKind } from '../wire.ts';

/** Each with the number of the wire, which the worker gives: of the attempt first, then of what came of it. */
export type WorkerToPageMessage =
  | { readonly type: 'open' | 'answer'; readonly wire: number; readonly peer: EdgeId }
  | { readonly type: 'signal'; readonly wire: number; readonly signal: unknown }
  /** The attempt is given up. */
  | { readonly type: 'abort'; readonly wire: number }
  | { readonly type: 'send'; readonly wire: number; readonly bytes: ArrayBuffer }
  | { readonly type: 'drained-at'; readonly wire: number; readonly bytes: number }
  | { readonly type: 'close'; readonly wire: number; readonly reason: string };

export type PageToWorkerMessage =
  | { readonly type: 'signal'; readonly wire: number; readonly signal: unknown }
  | { readonly type: 'opened'; readonly wire: number; readonly kind: WireKind; readonly binding: string; readonly maxMessageBytes: number }
  | { readonly type: 'failed'; readonly wire: number; readonly error: ErrorBody }
  | { readonly type: 'message'; readonly wire: number; readonly bytes: ArrayBuffer }
  /** Of all that the page was given, so many bytes have left. */
  | { readonly type: 'left'; readonly wire: number; readonly bytes: number }
  | { readonly type: 'closed'; readonly wire: number; readonly reason: string };

/** What `MessagePort` and a dedicated worker's two ends have in common. */
export interface Port<In, Out> {
  postMessage(message: Out, transfer: ArrayBuffer[]): void;
  onmessage: ((event: MessageEvent<In>) => void) | null;
}

/** The bytes in a buffer of their own, which can be given away: a copy where they share theirs with others. */
export function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  if (bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength) return bytes.buffer;
  return new Uint8Array(bytes).buffer;
}
