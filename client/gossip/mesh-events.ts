/** What a mesh tells its owner, and what it counts. */
import type { MurmurError } from '../../shared/errors.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { WireKind } from './wire.ts';

export type MeshEvent =
  | { readonly type: 'introduced'; readonly introducer: string; readonly peers: readonly EdgeId[] }
  | { readonly type: 'introducer-lost'; readonly introducer: string; readonly reason: string }
  | { readonly type: 'introducer-failed'; readonly introducer: string; readonly error: MurmurError }
  /** `relay`: there was no direct path. `called`: by this side. */
  | { readonly type: 'channel-opened'; readonly peer: EdgeId; readonly kind: WireKind; readonly side: 'called' | 'answered' }
  | { readonly type: 'channel-closed'; readonly peer: EdgeId; readonly kind: WireKind; readonly reason: string }
  | { readonly type: 'dial-failed'; readonly peer: EdgeId; readonly error: MurmurError }
  | { readonly type: 'neighbour'; readonly peer: EdgeId; readonly is: 'there' | 'gone' }
  | { readonly type: 'suspected'; readonly peer: EdgeId }
  | { readonly type: 'refused'; readonly peer: EdgeId; readonly error: MurmurError }
  | { readonly type: 'shunned'; readonly peer: EdgeId; readonly reason: string };

export type ByKind = Readonly<Record<WireKind, number>>;

export interface MeshMetrics {
  /** Now. */
  readonly neighbours: number;
  readonly channels: ByKind;
  readonly known: number;
  readonly lost: number;
  /** Since the start. */
  readonly opened: ByKind;
  readonly bytesSent: ByKind;
  readonly bytesReceived: ByKind;
  readonly dials: number;
  readonly dialsFailed: number;
  /** Of those that did not fail: the other side had no room. */
  readonly dialsRefused: number;
  /** Peers whose channel broke, or that gave no sign of life. */
  readonly died: number;
}

export const noneByKind = (): Record<WireKind, number> => ({ webrtc: 0, relay: 0, memory: 0 });
