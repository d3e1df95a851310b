/** A link without a wire: two ends in one process, latency by the clock given. What crosses is cloned, as a wire would. */
import type { Clock } from '../shared/clock.ts';
import { MurmurError, toErrorBody, type ErrorBody } from '../shared/errors.ts';
import type { Link, RequestMap } from '../shared/protocol/link.ts';
import { fromRemoteError } from '../shared/protocol/remote-error.ts';

const REPLY_MS = 60_000;

type Handler = (type: string, payload: unknown) => Promise<object>;
type Outcome = { readonly reply: object } | { readonly error: ErrorBody };

/** What one end keeps of itself. */
interface End {
  handler: Handler | null;
  readonly closers: Set<(reason: string) => void>;
}

export interface MemoryLinkOptions {
  readonly clock: Clock;
  /** Milliseconds one way. */
  readonly latencyMs: number;
}

/** Both ends of a new link. Messages arrive in order, after the latency; closing is heard by both ends at once. */
export function createMemoryLinks<Near extends RequestMap, Far extends RequestMap>({ clock, latencyMs }: MemoryLinkOptions): { near: Link<Near>; far: Link<Far> } {
  const ends: readonly [End, End] = [{ handler: null, closers: new Set() }, { handler: null, closers: new Set() }];
  let closedFor: string | null = null;

  const close = (reason: string): void => {
    if (closedFor !== null) return;
    closedFor = reason;
    for (const end of ends) {
      for (const closer of [...end.closers]) closer(reason);
      end.closers.clear();
    }
  };

  async function answer(end: End, type: string, payload: unknown): Promise<Outcome> {
    try {
      if (!end.handler) throw new MurmurError('unavailable', 'nobody listens at the other end yet');
      return { reply: await end.handler(type, payload) };
    } catch (thrown) {
      return { error: toErrorBody(thrown) };
    }
  }

  function linkAt<Outgoing extends RequestMap>(own: End, other: End): Link<Outgoing> {
    return {
      get closed() {
        return closedFor !== null;
      },
      request(type, payload, { timeoutMs = REPLY_MS } = {}) {
        return new Promise((resolve, reject) => {
          if (closedFor !== null) {
            reject(new MurmurError('disconnected', 'the link is closed'));
            return;
          }
          const sent = structuredClone(payload);
          const settle = (): void => {
            own.closers.delete(onClose);
            cancelTimeout();
          };
          const onClose = (): void => {
            settle();
            reject(new MurmurError('disconnected', `the link closed before ${type} was answered`));
          };
          const cancelTimeout = clock.after(timeoutMs, () => {
            settle();
            reject(new MurmurError('timeout', `no reply to ${type} within ${timeoutMs} ms`));
          });
          own.closers.add(onClose);
          const arrive = (outcome: Outcome): void => {
            if (closedFor !== null) return;
            settle();
            if ('error' in outcome) reject(fromRemoteError(outcome.error));
            else resolve(outcome.reply);
          };
          clock.after(latencyMs, () => {
            if (closedFor !== null) return;
            void answer(other, type, sent).then((outcome) => clock.after(latencyMs, () => arrive(outcome)));
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

  return { near: linkAt<Near>(ends[0], ends[1]), far: linkAt<Far>(ends[1], ends[0]) };
}
