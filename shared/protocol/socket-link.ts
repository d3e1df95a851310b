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
  onAny(listener: (type: string, ...args: unknown[]) => void): unknown;
  emit(type: string, payload: unknown, acknowledge: Acknowledge): unknown;
}

export function linkOverSocket<Outgoing extends RequestMap>(socket: SocketLike, disconnect: () => void): Link<Outgoing> {
  return new SocketLink<Outgoing>(socket, disconnect);
}

/**
 * A class, where the house has functions: ten thousand of these stand idle on one coordinator, and a literal with a getter
 * and closures of its own takes each a kilobyte more.
 */
class SocketLink<Outgoing extends RequestMap> implements Link<Outgoing> {
  readonly #socket: SocketLike;
  readonly #disconnect: () => void;
  /** Called when the socket disconnects: those who asked to be, and requests that wait for their replies. */
  readonly #closers = new Set<(reason: string) => void>();

  constructor(socket: SocketLike, disconnect: () => void) {
    this.#socket = socket;
    this.#disconnect = disconnect;
    // One listener for all: to add and take away one for each request costs more than all else that is done for it.
    socket.once('disconnect', (reason) => {
      for (const closer of this.#closers) closer(reason);
      this.#closers.clear();
    });
  }

  get closed(): boolean {
    return this.#socket.disconnected;
  }

  async request<Type extends keyof Outgoing & string>(type: Type, payload: Outgoing[Type]['request'], { timeoutMs = REPLY_MS }: { readonly timeoutMs?: number } = {}): Promise<Outgoing[Type]['reply']> {
    const reply = await this.#acknowledged(type, payload, timeoutMs);
    if (typeof reply === 'object' && reply !== null) {
      if ('ok' in reply && reply.ok === true) return reply;
      if ('error' in reply) throw fromRemoteError(reply.error);
    }
    throw new MurmurError('bad_message', `the reply to ${type} is none`);
  }

  onRequest(handler: (type: string, payload: unknown) => Promise<object>): void {
    this.#socket.onAny((type, ...args) => {
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
  }

  onClose(handler: (reason: string) => void): void {
    if (this.#socket.disconnected) handler('closed already');
    else this.#closers.add(handler);
  }

  close(): void {
    this.#disconnect();
  }

  /**
   * Waits for the acknowledgement, the time-out or the end of the link, whichever comes first. The timer is our own: that
   * of socket.io's server outlives the connection, and would keep a stopped coordinator's process alive.
   */
  #acknowledged(type: string, payload: unknown, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#socket.disconnected) {
        reject(new MurmurError('disconnected', 'the link is closed'));
        return;
      }
      const settle = (): void => {
        cancel();
        this.#closers.delete(onClose);
      };
      const onClose = (): void => {
        settle();
        reject(new MurmurError('disconnected', `the link closed before ${type} was answered`));
      };
      const cancel = systemClock.after(timeoutMs, () => {
        settle();
        reject(new MurmurError('timeout', `no reply to ${type} within ${timeoutMs} ms`));
      });
      this.#closers.add(onClose);
      this.#socket.emit(type, payload, (reply) => {
        settle();
        resolve(reply);
      });
    });
  }
}
