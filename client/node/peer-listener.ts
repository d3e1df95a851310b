/**
 * A peer that listens: whoever knows its address comes into the swarm through it, while the rendezvous is there and when it is
 * gone. It serves what a rendezvous serves, with vouchers that have its own behind them, and passes on to the whole mesh.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { createRendezvous } from '../../shared/gossip/rendezvous.ts';
import type { Logger } from '../../shared/logger.ts';
import { createLobby, DEFAULT_LOBBY_LIMITS } from '../../shared/protocol/lobby.ts';
import { MOST_RELAYED_BYTES, type IntroducerToPeer } from '../../shared/protocol/peer-messages.ts';
import { unavailableFor } from '../../shared/protocol/retry-after.ts';
import { linkOverSocket } from '../../shared/protocol/socket-link.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Mesh } from '../gossip/mesh.ts';
import { meshHouse } from '../gossip/mesh-house.ts';

export interface PeerListenerOptions {
  /** Loopback unless said otherwise; elsewhere a token must be given. */
  readonly host?: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Started, since newcomers are told of its peers. */
  readonly mesh: Pick<Mesh, 'swarm' | 'somePeers' | 'vouchFor' | 'host'>;
  /** Newcomers must show it; left out, whoever reaches this address is let in. */
  readonly token?: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
}

export interface PeerListener {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Who is connected here at a time: a peer has its own work to do. */
const MOST_GUESTS = 256;
const LOOPBACK = /^(localhost|::1|127\.\d+\.\d+\.\d+)$/;

/** @throws bad_config: it cannot listen there, or may not without a token */
export async function startPeerListener({ host = '127.0.0.1', port, mesh, token, clock, random, logger }: PeerListenerOptions): Promise<PeerListener> {
  requireListenable(host, token);
  const house = meshHouse(mesh, {
    admission: token === undefined ? 'open' : 'token',
    async admit({ token: given }) {
      if (token !== undefined && !sameSecret(given, token)) throw new MurmurError('bad_token', 'this peer lets in who shows the token of its swarm');
    },
  });
  const rendezvous = createRendezvous({ house, clock, random, logger, limits: { peers: MOST_GUESTS } });
  const lobby = createLobby(clock, { most: MOST_GUESTS, withinMs: DEFAULT_LOBBY_LIMITS.withinMs });
  const http = createServer((_request, response) => response.writeHead(404).end());
  const sockets = new Server(http, {
    transports: ['websocket'], connectTimeout: DEFAULT_LOBBY_LIMITS.withinMs, perMessageDeflate: false, httpCompression: false, serveClient: false,
    maxHttpBufferSize: 4 * MOST_RELAYED_BYTES,
    // A page that the owner has open reaches loopback, too, and says so: none has business here.
    allowRequest: ({ headers }, answer) => answer(headers.origin === undefined ? null : 'pages are not served here', headers.origin === undefined),
  });
  sockets.of('/peer').on('connection', (socket: Socket) => {
    const link = linkOverSocket<IntroducerToPeer>(socket, () => socket.disconnect(true));
    const entry = lobby.enter(link);
    if (entry.admitted) rendezvous.serve(link, entry.leave);
    else link.onRequest(() => Promise.reject(unavailableFor(entry.retryAfterMs, 'too many connections have not said yet who they are')));
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', (thrown: NodeJS.ErrnoException) => {
      const why = thrown.code === 'EADDRINUSE' ? 'something else listens there already; choose another port (--listen)' : toMurmurError(thrown).message;
      reject(new MurmurError('bad_config', `this peer cannot listen on ${host}:${port}: ${why}`, { cause: thrown }));
    });
    http.listen({ host, port }, resolve);
  });
  const { port: bound } = http.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    async stop() {
      rendezvous.close();
      await sockets.close();
    },
  };
}

/** @throws bad_config: whoever reaches it from other machines must show a token */
export function requireListenable(host = '127.0.0.1', token?: string): void {
  if (LOOPBACK.test(host) || (token !== undefined && token !== '')) return;
  throw new MurmurError('bad_config', `listening on ${host} makes this peer reachable from other machines: that needs a token, which newcomers must show`);
}

/** In constant time; hashing first makes both sides equally long. */
function sameSecret(given: string | undefined, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(expected));
}
