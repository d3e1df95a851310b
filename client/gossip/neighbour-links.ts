/** The links that a peer's owner knows of: to those that are wanted as neighbours, and have a channel. */
import type { EdgeId } from '../../shared/ids.ts';
import type { NeighbourChange } from './peer-network.ts';

export interface NeighbourLinksOptions {
  readonly isOpen: (peer: EdgeId) => boolean;
  /** Told before the owner is. */
  readonly onChange: (change: { readonly peer: EdgeId; readonly is: 'there' | 'gone' }) => void;
}

export interface NeighbourLinks {
  has(peer: EdgeId): boolean;
  readonly size: number;
  /** Channels, or who is wanted, may have changed. */
  refresh(wanted: ReadonlySet<EdgeId>): void;
  /** A channel has ended, to whomever: of those that were no neighbours, too, the owner may wait for something, or keep something. */
  ended(peer: EdgeId, how: 'gone' | 'released'): void;
  /** The one handler; it is told of those that are there already. */
  onNeighbour(handler: (change: NeighbourChange) => void): void;
}

export function createNeighbourLinks({ isOpen, onChange }: NeighbourLinksOptions): NeighbourLinks {
  const linked = new Set<EdgeId>();
  let handler: (change: NeighbourChange) => void = () => undefined;

  function tell(peer: EdgeId, is: 'there' | 'gone'): void {
    if (is === 'there') linked.add(peer);
    else linked.delete(peer);
    onChange({ peer, is });
    handler({ peer, is });
  }

  return {
    has: (peer) => linked.has(peer),
    get size() {
      return linked.size;
    },
    refresh(wanted) {
      for (const peer of [...linked]) if (!wanted.has(peer) || !isOpen(peer)) tell(peer, 'gone');
      for (const peer of wanted) if (!linked.has(peer) && isOpen(peer)) tell(peer, 'there');
    },
    ended(peer, how) {
      if (!linked.has(peer)) handler({ peer, is: how });
    },
    onNeighbour(given) {
      handler = given;
      for (const peer of linked) given({ peer, is: 'there' });
    },
  };
}
