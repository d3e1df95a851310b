/** What a gossip peer tells its owner. */
import type { MurmurError } from '../../shared/errors.ts';
import type { EdgeId } from '../../shared/ids.ts';

export type GossipEvent =
  /** Its model is the task's initial one, or that of a peer that had begun before. */
  | { readonly type: 'began'; readonly from: EdgeId | null; readonly round: number }
  | {
      readonly type: 'turn';
      readonly round: number;
      /** Mean loss over its own training examples. */
      readonly loss: number;
      readonly examples: number;
      /** Neighbours whose letters went into its model. */
      readonly merged: readonly EdgeId[];
      /** Neighbours that were waited for in vain. */
      readonly missed: readonly EdgeId[];
    }
  | { readonly type: 'evaluated'; readonly round: number; readonly loss: number; readonly accuracy: number | null }
  | { readonly type: 'refused'; readonly from: EdgeId; readonly error: MurmurError; readonly strikes: number }
  | { readonly type: 'shunned'; readonly peer: EdgeId; readonly reason: string }
  | { readonly type: 'finished'; readonly round: number; readonly reason: string }
  | { readonly type: 'error'; readonly error: MurmurError };
