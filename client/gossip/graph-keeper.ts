/**
 * A swarm whose task names a graph: which peers belong to it, and channels to those whom the graph links and membership does
 * not. Peers stay in it for a while after the last sign of them, so that one which breaks off for a moment moves nobody's links.
 */
import { OLDEST } from '../../shared/gossip/descriptor.ts';
import type { GossipLinks } from '../../shared/gossip/way.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { GraphLinks } from './graph-links.ts';

export interface GraphKeeperOptions {
  readonly self: EdgeId;
  readonly graph: GraphLinks;
  /** Peers without which nobody is linked, oneself included. */
  readonly minimumPeers: number;
  readonly isOpen: (peer: EdgeId) => boolean;
  readonly isBusyWith: (peer: EdgeId) => boolean;
  readonly open: (peer: EdgeId) => Promise<void>;
}

export interface GraphKeeper {
  /** By round of the graph's period; empty while there are not enough, null where so many cannot be linked in this way. */
  readonly rounds: readonly GossipLinks[] | null;
  has(peer: EdgeId): boolean;
  /** These live now. */
  seen(peers: readonly EdgeId[]): void;
  forget(peer: EdgeId): void;
  /** @param wanted whom the graph links to this peer */
  tick(wanted: ReadonlySet<EdgeId>): void;
}

export function createGraphKeeper({ self, graph, minimumPeers, isOpen, isBusyWith, open }: GraphKeeperOptions): GraphKeeper {
  /** The tick at which each was last known to live. */
  const listed = new Map<EdgeId, number>();
  const tried = new Map<EdgeId, { readonly times: number; readonly next: number }>();
  let ticks = 0;

  return {
    get rounds() {
      const all = [...new Set([self, ...listed.keys()])].sort();
      return all.length < Math.max(2, minimumPeers) ? [] : graph.of(all);
    },
    has: (peer) => listed.has(peer),
    seen(peers) {
      for (const peer of peers) listed.set(peer, ticks);
      for (const [peer, at] of listed) if (ticks - at > OLDEST) listed.delete(peer);
    },
    forget: (peer) => void listed.delete(peer),
    tick(wanted) {
      ticks++;
      for (const peer of wanted) {
        const { times, next } = tried.get(peer) ?? { times: 0, next: 0 };
        if (isOpen(peer)) tried.delete(peer);
        // The one with the smaller id calls first; the other one where that came to nothing.
        else if (next <= ticks && !isBusyWith(peer)) {
          tried.set(peer, { times: times + 1, next: ticks + 2 ** Math.min(6, times + 1) });
          if (self < peer || times > 0) open(peer).catch(() => undefined);
        }
      }
      for (const peer of tried.keys()) if (!wanted.has(peer)) tried.delete(peer);
    },
  };
}
