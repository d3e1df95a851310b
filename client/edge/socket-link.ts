/** The edge's end of a link over socket.io. Reconnecting is the session's business, so that it stays in one place. */
import { io, type ManagerOptions } from 'socket.io-client';
import { systemClock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Link, RequestMap } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { linkOverSocket } from '../../shared/protocol/socket-link.ts';

const CONNECT_MS = 10_000;

export type SocketTransports = ManagerOptions['transports'];

/**
 * One attempt.
 * @param transports socket.io's own WebSocket unless said otherwise
 * @throws disconnected when the coordinator cannot be reached, aborted when the signal fires
 */
export function connectSocketLink(url: string, signal: AbortSignal, transports: SocketTransports = ['websocket']): Promise<Link<EdgeToCoordinator>> {
  return connectNamespace<EdgeToCoordinator>(url, '/edge', 'the coordinator', signal, transports);
}

/** The same for another namespace of whoever listens there. @param who for people: `the coordinator` */
export function connectNamespace<Outgoing extends RequestMap>(url: string, namespace: string, who: string, signal: AbortSignal, transports: SocketTransports = ['websocket']): Promise<Link<Outgoing>> {
  const socket = io(new URL(namespace, url).href, { transports, reconnection: false, forceNew: true, timeout: CONNECT_MS });
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect);
      socket.off('connect_error', onError);
      socket.io.off('close', onEnd);
      cancelTimeout();
    };
    const onAbort = (): void => {
      settle();
      socket.disconnect();
      reject(new MurmurError('aborted', 'connecting was stopped'));
    };
    const onError = (error: Error): void => {
      settle();
      socket.disconnect();
      reject(new MurmurError('disconnected', `${who} at ${url} cannot be reached: ${error.message}; is it running, and is the address right?`, { cause: error }));
    };
    const onConnect = (): void => {
      settle();
      resolve(linkOverSocket<Outgoing>(socket, () => socket.disconnect()));
    };
    // Whoever ends the connection before the namespace has answered causes no error of the socket: it would wait for ever.
    const onEnd = (reason: string): void => onError(new Error(`the connection ended before it was answered (${reason})`));
    const cancelTimeout = systemClock.after(CONNECT_MS, () => onError(new Error('timeout')));
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', onConnect);
    socket.once('connect_error', onError);
    socket.io.once('close', onEnd);
  });
}
