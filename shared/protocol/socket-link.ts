/**
 * A link over a socket.io socket of either side: an event is a request, its
 * acknowledgement the reply. Names the few things that it needs of a socket, so that
 * neither socket.io nor its client is imported here.
 */
import { systemClock } from '../clock.ts';
import { MurmurError, toErrorBody } from '../errors.ts';
import type { Link, RequestMap } from './link.ts';
import { fromRemoteError } from './remote-error.ts';

const REPLY_MS = 60_000;

type Acknowledge = (reply?: unknown) => void;

export interface SocketLike {
  readonly disconnected: boolean;
  once(event: 'disconnect', listener: (reason: string) => void): unknown;
  off(event: 'disconnect', listener: (reason: string) => void): unknown;
  onAny(listener: (type: string, ...args: unknown[]) => void): unknown;
  emit(type: string, payload: unknown, acknowledge: Acknowledge): unknown;
}

export function linkOverSocket<Outgoing extends RequestMap>(socket: SocketLike, disconnect: () => void): Link<Outgoing> {
  return {
    get closed() {
      return socket.disconnected;
    },
    async request(type, payload, { timeoutMs = REPLY_MS } = {}) {
      const reply = await acknowledged(socket, type, payload, timeoutMs);
      if (typeof reply === 'object' && reply !== null) {
        if ('ok' in reply && reply.ok === true) return reply;
        if ('error' in reply) throw fromRemoteError(reply.error);
      }
      throw new MurmurError('bad_message', `the reply to ${type} is none`);
    },
    onRequest(handler) {
      socket.onAny((type, ...args) => {
        const last = args.at(-1);
        // Whatever it is that was sent, an acknowledgement is answered and nothing is thrown.
        const answer = (reply: object): void => {
          if (typeof last === 'function') (last as (reply: object) => void)(reply);
        };
        const payload = typeof last === 'function' && args.length === 1 ? undefined : args[0];
        // socket.io takes numbers for names of events, too.
        handler(String(type), payload).then(
          (reply) => answer({ ok: true, ...reply }),
          (thrown: unknown) => answer({ ok: false, error: toErrorBody(thrown) }),
        );
      });
    },
    onClose(handler) {
      if (socket.disconnected) handler('closed already');
      else socket.once('disconnect', handler);
    },
    close: disconnect,
  };
}

/**
 * Waits for the acknowledgement, the time-out or the end of the link, whichever comes first. The timer is our own: that
 * of socket.io's server outlives the connection, and would keep a stopped coordinator's process alive.
 */
function acknowledged(socket: SocketLike, type: string, payload: unknown, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (socket.disconnected) {
      reject(new MurmurError('disconnected', 'the link is closed'));
      return;
    }
    const settle = (): void => {
      cancel();
      socket.off('disconnect', onDisconnect);
    };
    const onDisconnect = (): void => {
      settle();
      reject(new MurmurError('disconnected', `the link closed before ${type} was answered`));
    };
    const cancel = systemClock.after(timeoutMs, () => {
      settle();
      reject(new MurmurError('timeout', `no reply to ${type} within ${timeoutMs} ms`));
    });
    socket.once('disconnect', onDisconnect);
    socket.emit(type, payload, (reply) => {
      settle();
      resolve(reply);
    });
  });
}
