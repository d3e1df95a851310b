/**
 * A link without a wire: two ends in one process, latency by the clocks given. What crosses is copied, as a wire would.
 * Whoever wants a wire that loses, repeats, delays or garbles messages carries them himself (`carry`).
 */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError, toErrorBody } from '../../shared/errors.ts';
import type { Link, RequestMap } from '../../shared/protocol/link.ts';
import { fromRemoteError } from '../../shared/protocol/remote-error.ts';
import { copyPlain } from './copy-message.ts';
import type { Carry, WireMessage } from './message.ts';

const REPLY_MS = 60_000;

type Handler = (type: string, payload: unknown) => Promise<object>;

export interface LinkEnd {
  /** Of the process at this end: what comes to it comes by its clock, and so do its time-outs. */
  readonly clock: Clock;
  /** Runs what happens to this end; a process that is suspended keeps it for later. Default: at once. */
  readonly run?: (callback: () => void) => void;
}

export interface MemoryLinkOptions {
  /** Of both ends, where they have none of their own. */
  readonly clock: Clock;
  /** Milliseconds one way. */
  readonly latencyMs: number;
  /** How long a reply is waited for where the request says nothing else. */
  readonly replyMs?: number;
  readonly near?: LinkEnd;
  readonly far?: LinkEnd;
  readonly carry?: Carry;
}

/** What one end keeps of itself. */
interface End extends LinkEnd {
  readonly name: 'near' | 'far';
  handler: Handler | null;
  readonly closers: Set<(reason: string) => void>;
}

export interface MemoryLinks<Near extends RequestMap, Far extends RequestMap> {
  readonly near: Link<Near>;
  readonly far: Link<Far>;
  /** Those who wait to hear of the link's end, requests without a reply among them: none once it is closed. */
  readonly listeners: () => number;
}

/** Both ends of a new link. Messages arrive in order, after the latency; closing is heard by both ends at once. */
export function createMemoryLinks<Near extends RequestMap, Far extends RequestMap>(options: MemoryLinkOptions): MemoryLinks<Near, Far> {
  const { latencyMs, replyMs = REPLY_MS, carry = (_message, deliver) => deliver() } = options;
  const ends: readonly [End, End] = [
    { name: 'near', clock: options.near?.clock ?? options.clock, run: options.near?.run, handler: null, closers: new Set() },
    { name: 'far', clock: options.far?.clock ?? options.clock, run: options.far?.run, handler: null, closers: new Set() },
  ];
  /** Messages under way: with the link they are gone. */
  const underWay = new Set<() => void>();
  let closedFor: string | null = null;

  const close = (reason: string): void => {
    if (closedFor !== null) return;
    closedFor = reason;
    for (const cancel of underWay) cancel();
    underWay.clear();
    for (const end of ends) {
      const told = [...end.closers];
      end.closers.clear();
      if (told.length === 0) continue;
      const tell = (): void => told.forEach((closer) => closer(reason));
      if (end.run) end.run(tell);
      else tell();
    }
  };

  function send(from: End, to: End, kind: WireMessage['kind'], type: string, payload: unknown, arrive: (payload: unknown) => void): void {
    const message: WireMessage = { from: from.name, kind, type, payload };
    carry(message, (extraMs = 0, delivered = payload) => {
      if (closedFor !== null) return;
      const cancel = to.clock.after(latencyMs + extraMs, () => {
        underWay.delete(cancel);
        arrive(delivered);
      });
      underWay.add(cancel);
    });
  }

  async function answer(end: End, type: string, payload: unknown): Promise<object> {
    try {
      if (!end.handler) throw new MurmurError('unavailable', 'nobody listens at the other end yet');
      return { ok: true, reply: copyPlain(await end.handler(type, payload)) };
    } catch (thrown) {
      return { ok: false, error: toErrorBody(thrown) };
    }
  }

  function linkAt<Outgoing extends RequestMap>(own: End, other: End): Link<Outgoing> {
    return {
      get closed() {
        return closedFor !== null;
      },
      request(type, payload, { timeoutMs = replyMs } = {}) {
        return new Promise((resolve, reject) => {
          if (closedFor !== null) {
            reject(new MurmurError('disconnected', 'the link is closed'));
            return;
          }
          const settle = (): void => {
            own.closers.delete(onClose);
            cancelTimeout();
          };
          const onClose = (): void => {
            settle();
            reject(new MurmurError('disconnected', `the link closed before ${type} was answered`));
          };
          const cancelTimeout = own.clock.after(timeoutMs, () => {
            settle();
            reject(new MurmurError('timeout', `no reply to ${type} within ${timeoutMs} ms`));
          });
          own.closers.add(onClose);
          const onReply = (reply: unknown): void => {
            settle();
            if (typeof reply === 'object' && reply !== null) {
              if ('ok' in reply && reply.ok === true && 'reply' in reply) return resolve(reply.reply);
              if ('error' in reply) return reject(fromRemoteError(reply.error));
            }
            reject(new MurmurError('bad_message', `the reply to ${type} is none`));
          };
          send(own, other, 'request', type, copyPlain(payload), (arrived) => {
            void answer(other, type, arrived).then((reply) => {
              if (closedFor === null) send(other, own, 'reply', type, reply, onReply);
            });
          });
        });
      },
      onRequest(handler) {
        own.handler = handler;
      },
      onClose(handler) {
        if (closedFor !== null) handler(closedFor);
        else own.closers.add(handler);
      },
      close: (reason = 'closed') => close(reason),
    };
  }

  return { near: linkAt<Near>(ends[0], ends[1]), far: linkAt<Far>(ends[1], ends[0]), listeners: () => ends[0].closers.size + ends[1].closers.size };
}
