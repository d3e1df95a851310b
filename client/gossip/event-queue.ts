/** What happens to a peer's membership, one after the other: what follows from an event may bring about others at once, and each is dealt with when the one before it is over. */
import type { Membership, MembershipAction, MembershipEvent } from '../../shared/gossip/membership.ts';

export interface EventQueueOptions {
  readonly membership: Pick<Membership, 'take'>;
  readonly carryOut: (action: MembershipAction) => void;
  /** All that had happened is dealt with. */
  readonly onSettled: () => void;
}

export interface EventQueue {
  happen(event: MembershipEvent): void;
  /** An event is being dealt with: views are not yet what they will be. */
  readonly busy: boolean;
  /** Nothing happens any more. */
  stop(): void;
}

export function createEventQueue({ membership, carryOut, onSettled }: EventQueueOptions): EventQueue {
  const events: MembershipEvent[] = [];
  let busy = false;
  let stopped = false;

  return {
    get busy() {
      return busy;
    },
    happen(event) {
      if (stopped) return;
      events.push(event);
      if (busy) return;
      busy = true;
      try {
        for (let next = events.shift(); next !== undefined; next = events.shift()) for (const action of membership.take(next)) carryOut(action);
      } finally {
        busy = false;
      }
      onSettled();
    },
    stop() {
      stopped = true;
      events.length = 0;
    },
  };
}
