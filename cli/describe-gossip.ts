/** What a gossip peer does, in lines for its owner's terminal. */
import type { GossipEvent } from '../client/gossip/events.ts';
import type { MeshEvent } from '../client/gossip/mesh-events.ts';
import { formatLoss, formatPercent } from '../shared/format.ts';

/** null: nothing that people need to see. */
export function describeGossip(event: GossipEvent): string | null {
  switch (event.type) {
    case 'began':
      return event.from === null ? `Began at round ${event.round}.` : `Began at round ${event.round} with the model of ${event.from}.`;
    case 'turn': {
      const missed = event.missed.length === 0 ? '' : `, ${event.missed.length} waited for in vain`;
      return `Round ${event.round}: training loss ${formatLoss(event.loss)} over ${event.examples} examples, averaged with ${event.merged.length}${missed}.`;
    }
    case 'evaluated':
      return `Round ${event.round}: ${event.accuracy === null ? '' : `accuracy ${formatPercent(event.accuracy)}, `}loss ${formatLoss(event.loss)} on its own held-out examples.`;
    case 'refused':
      return `Refused what ${event.from} sent (${event.error.message}).`;
    case 'shunned':
      return `Has nothing to do with ${event.peer} any more: ${event.reason}.`;
    case 'finished':
      return `Finished: ${event.reason}.`;
    case 'error':
      return `Error: ${event.error.message}`;
  }
}

/** null: nothing that people need to see. */
export function describeMesh(event: MeshEvent): string | null {
  switch (event.type) {
    case 'introduced':
      return `Introduced by ${event.introducer} to ${event.peers.length} ${event.peers.length === 1 ? 'peer' : 'peers'}.`;
    case 'introducer-lost':
      return `${event.introducer} is gone (${event.reason}); learning goes on.`;
    case 'introducer-failed':
      return `${event.introducer} does not let it in: ${event.error.message}`;
    case 'neighbour':
      return event.is === 'there' ? `Neighbour ${event.peer}.` : `Neighbour ${event.peer} is gone.`;
    case 'shunned':
    case 'channel-opened':
    case 'channel-closed':
    case 'dial-failed':
    case 'suspected':
    case 'refused':
      return null;
  }
}
