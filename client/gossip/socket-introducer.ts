/** A rendezvous at an address, over socket.io: what browsers use, and Node agents with transports of their own. */
import type { Clock } from '../../shared/clock.ts';
import type { PeerToIntroducer } from '../../shared/protocol/peer-messages.ts';
import type { EdgeIdentity } from '../edge/session-options.ts';
import { connectNamespace, type SocketTransports } from '../edge/socket-link.ts';
import { createRendezvousClient, type RendezvousClient } from './rendezvous-client.ts';

export interface SocketIntroducerOptions {
  /** Of a coordinator, or of a peer that listens. */
  readonly url: string;
  readonly identity: EdgeIdentity;
  readonly peerName: string;
  readonly token?: string;
  readonly transports?: SocketTransports;
  readonly clock: Clock;
}

export function createSocketIntroducer({ url, transports, ...options }: SocketIntroducerOptions): RendezvousClient {
  return createRendezvousClient({ ...options, name: url, connect: (signal) => connectNamespace<PeerToIntroducer>(url, '/peer', 'the rendezvous', signal, transports) });
}
