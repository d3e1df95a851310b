/** A mesh's calls to other peers: what came of them is counted, and whoever wants nothing to do with this peer is left alone. */
import type { Clock } from '../../shared/clock.ts';
import { isMurmurError, toMurmurError, type MurmurError } from '../../shared/errors.ts';
import type { Want } from '../../shared/gossip/mesh-frames.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { isRefusal, isUnwanted, type Dialler } from './dialler.ts';
import type { MeshMetrics } from './mesh-events.ts';
import { createReluctance } from './reluctance.ts';

export interface CallsOptions {
  readonly dialler: Pick<Dialler, 'call'>;
  readonly clock: Clock;
  readonly tickMs: number;
  readonly onFailed: (peer: EdgeId, error: MurmurError) => void;
}

export interface Calls {
  /** @throws as `Dialler.call`; unavailable at once where the peer said not long ago that it wants no channel */
  open(peer: EdgeId, want: Want): Promise<void>;
  /** There is a channel to it, whoever called. */
  met(peer: EdgeId): void;
  /** Whether the peer may be called. */
  isWilling(peer: EdgeId): boolean;
  readonly counts: Pick<MeshMetrics, 'dials' | 'dialsFailed' | 'dialsRefused'>;
}

export function createCalls({ dialler, clock, tickMs, onFailed }: CallsOptions): Calls {
  const reluctance = createReluctance(clock, tickMs);
  const counts = { dials: 0, dialsFailed: 0, dialsRefused: 0 };

  return {
    counts,
    met: (peer) => reluctance.met(peer),
    isWilling: (peer) => reluctance.isWilling(peer),
    async open(peer, want) {
      reluctance.requireWilling(peer);
      counts.dials++;
      try {
        await dialler.call(peer, want);
      } catch (thrown) {
        const error = toMurmurError(thrown);
        if (isUnwanted(error)) reluctance.refused(peer);
        if (isRefusal(error)) counts.dialsRefused++;
        else counts.dialsFailed++;
        if (!isMurmurError(error, 'aborted')) onFailed(peer, error);
        throw error;
      }
    },
  };
}

/** What membership makes of a call that came to nothing. */
export function outcomeOf(thrown: unknown): 'unwanted' | 'full' | 'failed' {
  if (isUnwanted(thrown)) return 'unwanted';
  return isRefusal(thrown) ? 'full' : 'failed';
}
