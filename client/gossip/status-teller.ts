/** What a peer says of itself to introducers that look on: gathered from its events, told once a second at most, and again now and then where nothing is new. */
import type { Clock } from '../../shared/clock.ts';
import { encodeSketch, sketchOf } from '../../shared/gossip/sketch.ts';
import type { Digest, EdgeId } from '../../shared/ids.ts';
import { MOST_NEIGHBOURS_SHOWN, STATUS_MS, type PeerStatus } from '../../shared/protocol/peer-messages.ts';
import type { GossipEvent } from './events.ts';
import type { Introducer, Introduction } from './introducer.ts';
import type { ByKind, MeshEvent, MeshMetrics } from './mesh-events.ts';
import type { WireKind } from './wire.ts';

export interface StatusTeller {
  /** The same introducer; where its introductions want to be told, they are. */
  watch(introducer: Introducer): Introducer;
  onGossip(event: GossipEvent): void;
  onMesh(event: MeshEvent): void;
  /** From now on, of this model. */
  start(model: { readonly swarm: Digest; readonly read: () => Float32Array; readonly metrics?: () => Pick<MeshMetrics, 'bytesSent' | 'bytesReceived'> }): void;
  stop(): void;
}

/** A little more, so that a timer that fires early loses none. */
const INTERVAL_MS = 1.05 * STATUS_MS;
/** A busy introducer may hear two statuses as one too soon after the other, and pass over the second: the last word must come again. */
const TOLD_AGAIN_AFTER = 5;

export function createStatusTeller(clock: Clock, platform?: PeerStatus['platform']): StatusTeller {
  const listeners = new Set<Introduction>();
  const kinds = new Map<EdgeId, WireKind>();
  const neighbours = new Set<EdgeId>();
  let facts: Pick<PeerStatus, 'round' | 'accuracy' | 'loss' | 'trainLoss' | 'merged'> = { round: 0, accuracy: null, loss: null, trainLoss: null, merged: [] };
  let changed = true;
  /** Intervals in a row. */
  let unchanged = 0;
  let cancel: (() => void) | null = null;

  function statusOf({ swarm, read, metrics }: Parameters<StatusTeller['start']>[0]): PeerStatus {
    const shown = [...neighbours].slice(0, MOST_NEIGHBOURS_SHOWN).flatMap((peer) => {
      const kind = kinds.get(peer);
      return kind === undefined ? [] : [{ peer, kind }];
    });
    const bytes = metrics?.();
    return {
      ...facts, neighbours: shown, sketch: encodeSketch(sketchOf(read(), swarm)),
      ...(platform === undefined ? {} : { platform }),
      ...(bytes === undefined ? {} : { bytesSent: inAll(bytes.bytesSent), bytesReceived: inAll(bytes.bytesReceived) }),
    };
  }

  function learn(more: Partial<typeof facts>): void {
    facts = { ...facts, ...more };
    changed = true;
  }

  return {
    watch: (introducer) => ({
      name: introducer.name,
      async join(task, signal) {
        const introduction = await introducer.join(task, signal);
        if (introduction.status === undefined) return introduction;
        listeners.add(introduction);
        changed = true;
        introduction.onClose(() => listeners.delete(introduction));
        return introduction;
      },
    }),
    onGossip(event) {
      if (event.type === 'began') learn({ round: event.round });
      else if (event.type === 'turn') learn({ round: event.round, trainLoss: finite(event.loss), merged: event.merged.slice(0, MOST_NEIGHBOURS_SHOWN) });
      else if (event.type === 'evaluated') learn({ loss: finite(event.loss), accuracy: event.accuracy });
    },
    onMesh(event) {
      if (event.type === 'channel-opened') kinds.set(event.peer, event.kind);
      else if (event.type === 'channel-closed') kinds.delete(event.peer);
      else if (event.type === 'neighbour' && event.is === 'there') neighbours.add(event.peer);
      else if (event.type === 'neighbour') neighbours.delete(event.peer);
      else return;
      changed = true;
    },
    start(model) {
      const tell = (): void => {
        cancel = clock.after(INTERVAL_MS, tell);
        if (listeners.size === 0 || (!changed && ++unchanged < TOLD_AGAIN_AFTER)) return;
        changed = false;
        unchanged = 0;
        const status = statusOf(model);
        // Whoever does not hear it hears the next one.
        for (const introduction of listeners) introduction.status?.(status).catch(() => undefined);
      };
      cancel?.();
      tell();
    },
    stop() {
      cancel?.();
      cancel = null;
    },
  };
}

const inAll = (bytes: ByKind): number => Object.values(bytes).reduce((sum, one) => sum + one, 0);

/** JSON has no others. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
