/** The socket.io side: `/edge` for sessions, `/peer` for those who learn among themselves, `/watch` for those who look on. */
import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { Server, type Socket as Session } from 'socket.io';
import { systemClock } from '../../shared/clock.ts';
import { toMurmurError } from '../../shared/errors.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { CoordinatorToEdge } from '../../shared/protocol/messages.ts';
import { CHUNK_BYTES } from '../../shared/protocol/messages.ts';
import type { IntroducerToPeer } from '../../shared/protocol/peer-messages.ts';
import type { WatchEvents } from '../../shared/protocol/live-view.ts';
import { linkOverSocket } from '../../shared/protocol/socket-link.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { createPacedTelling } from '../coordinator/paced-telling.ts';
import type { LiveFeed } from '../observability/live-feed.ts';
import { createEdgeGateway, type EdgeGatewayOptions } from './edge-gateway.ts';
import { createLobby, DEFAULT_LOBBY_LIMITS } from '../../shared/protocol/lobby.ts';
import { refuseOrigin } from './origin.ts';
import { createPeerGateway } from './peer-gateway.ts';
import type { Swarms } from './swarms.ts';

export interface SocketOptions {
  readonly gateway: EdgeGatewayOptions;
  readonly coordinator: Coordinator;
  readonly live: LiveFeed;
  readonly swarms: Swarms;
  readonly boundToLoopback: boolean;
  readonly logger: Logger;
}

export interface Sockets {
  /** Says goodbye to everybody; who has not hung up in a second is cut off. */
  close(): Promise<void>;
}

const GOODBYE_MS = 1000;

export function createSockets(http: HttpServer, options: SocketOptions): Sockets {
  const connections = new Set<Socket>();
  http.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  const serveEdge = createEdgeGateway(options.gateway);
  const sockets = new Server(http, {
    // Who does not even name a namespace is no better than one who does not say who he is.
    connectTimeout: DEFAULT_LOBBY_LIMITS.withinMs,
    // Weights do not compress, and a deflate context costs each idle edge more than its session.
    perMessageDeflate: false,
    httpCompression: false,
    serveClient: false,
    // A chunk and what stands around it; longer messages close the connection.
    maxHttpBufferSize: 2 * CHUNK_BYTES,
    allowRequest: (request, answer) => {
      const refusal = refuseOrigin(request, options.boundToLoopback);
      answer(refusal, refusal === null);
    },
  });
  sockets.of('/edge').on('connection', (socket: Session) => {
    forgetRequest(socket);
    serveEdge(linkOverSocket<CoordinatorToEdge>(socket, () => socket.disconnect(true)));
  });
  const servePeer = createPeerGateway({ ...options, store: options.gateway.store, lobby: createLobby(systemClock) });
  sockets.of('/peer').on('connection', (socket: Session) => {
    forgetRequest(socket);
    servePeer(linkOverSocket<IntroducerToPeer>(socket, () => socket.disconnect(true)));
  });
  const watchers = sockets.of('/watch');
  /** While somebody watches: a state of thousands of edges is not built for nobody. */
  let stopShowing: (() => void) | null = null;
  const showEverybody = (): (() => void) => {
    const ends = [options.live.onState((state) => watchers.emit('state', state)), options.live.onSwarm((swarm) => watchers.emit('swarm', swarm))];
    return () => ends.forEach((end) => end());
  };
  watchers.on('connection', (socket: Session<object, WatchEvents>) => {
    stopShowing ??= showEverybody();
    socket.once('disconnect', () => {
      if (watchers.sockets.size > 0) return;
      stopShowing?.();
      stopShowing = null;
    });
    welcome(socket, options).catch((thrown: unknown) => options.logger.warn({ err: toMurmurError(thrown) }, 'a watcher could not be served'));
  });
  options.live.onRounds((task, rounds) => watchers.emit('rounds', task, rounds));
  const { coordinator } = options;
  // Whoever hears of it asks for the tasks and checks in: not ten thousand at the same moment.
  const tellingOfTasks = createPacedTelling<EdgeId>(systemClock, (edge) => void coordinator.population.send(edge, 'tasksChanged', {}).catch(() => undefined));
  coordinator.listen({ tasksChanged: () => tellingOfTasks.tell(coordinator.population.connected()) });
  return {
    async close() {
      tellingOfTasks.stop();
      const cancel = systemClock.after(GOODBYE_MS, () => connections.forEach((connection) => connection.destroy()));
      await sockets.close();
      cancel();
    },
  };
}

/**
 * Lets go of the upgrade request's headers and of socket.io's copy of them, of which nothing is read once the connection
 * stands: they are a tenth of what an idle one holds. The emptied request stays where engine.io refers to it.
 */
function forgetRequest(socket: Session): void {
  const { request } = socket.conn;
  request.headers = {};
  request.rawHeaders = [];
  (socket as { handshake: unknown }).handshake = null;
}

async function welcome(socket: Session<object, WatchEvents>, { coordinator, live }: SocketOptions): Promise<void> {
  const state = await live.current();
  socket.emit('state', state);
  for (const task of await coordinator.listTasks()) socket.emit('rounds', task.id, await coordinator.liveRounds(task.id));
  for (const history of await live.swarmHistories()) socket.emit('swarmHistory', history);
  for (const swarm of await live.currentSwarms()) socket.emit('swarm', swarm);
}
