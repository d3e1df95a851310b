/** The page's line to the coordinator: the read-only namespace `/watch`, kept up for as long as the page is open. */
import { io, type Socket } from 'socket.io-client';
import type { WatchEvents } from '../../shared/protocol/live-view.ts';

export type ConnectionState = 'connecting' | 'live' | 'away';

export interface WatchHandlers extends WatchEvents {
  connection(state: ConnectionState, reason: string): void;
}

/** Returns a function that ends the watch. */
export function watchCoordinator(origin: string, handlers: WatchHandlers): () => void {
  const socket: Socket<WatchEvents> = io(`${origin}/watch`, {
    transports: ['websocket', 'polling'],
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
  });
  socket.on('connect', () => handlers.connection('live', ''));
  socket.on('disconnect', (reason) => {
    handlers.connection('away', reason);
    // After a disconnect that the server asked for, socket.io does not come back by itself.
    if (reason === 'io server disconnect') socket.connect();
  });
  socket.on('connect_error', (error) => handlers.connection('away', error.message));
  socket.on('state', handlers.state);
  socket.on('rounds', handlers.rounds);
  socket.on('swarmHistory', handlers.swarmHistory);
  socket.on('swarm', handlers.swarm);
  return () => void socket.disconnect();
}
