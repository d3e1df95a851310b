/** Lets a connection to `/peer` in: through a lobby, as at `/edge`. */
import { toMurmurError } from '../../shared/errors.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { Lobby } from '../../shared/protocol/lobby.ts';
import type { IntroducerToPeer } from '../../shared/protocol/peer-messages.ts';
import { unavailableFor } from '../../shared/protocol/retry-after.ts';
import type { Store } from '../storage/store.ts';
import type { Swarms } from './swarms.ts';

export interface PeerGatewayOptions {
  readonly swarms: Swarms;
  readonly store: Pick<Store, 'getEdge'>;
  readonly lobby: Lobby;
  readonly logger: Logger;
}

/** What it gives serves one link until that closes; to be called for each. */
export function createPeerGateway({ swarms: { rendezvous }, store, lobby, logger }: PeerGatewayOptions): (link: Link<IntroducerToPeer>) => void {
  /** A revocation between the look at the store and the opening of the session found no session to cut. */
  async function expelIfRevoked(peer: EdgeId): Promise<void> {
    const edge = await store.getEdge(peer);
    if (edge !== null && edge.revokedAt !== null) rendezvous.expel(peer, 'revoked');
  }

  return (link) => {
    const entry = lobby.enter(link);
    if (entry.admitted) {
      rendezvous.serve(link, (peer) => {
        entry.leave();
        expelIfRevoked(peer).catch((thrown: unknown) => logger.warn({ peer, err: toMurmurError(thrown) }, 'it could not be seen whether the peer was revoked'));
      });
      return;
    }
    const { retryAfterMs } = entry;
    link.onRequest(() => Promise.reject(unavailableFor(retryAfterMs, `too many connections have not said yet who they are; try again in ${Math.ceil(retryAfterMs / 1000)} s`)));
  };
}
