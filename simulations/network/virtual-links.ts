/**
 * A link without a wire: two ends in one process, under a virtual clock. Messages take the time that the line between
 * the two asks for, and arrive in the order in which they were sent, as over one TCP connection.
 */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError, toErrorBody, type ErrorBody } from '../../shared/errors.ts';
import type { Link, RequestMap } from '../../shared/protocol/link.ts';
import { fromRemoteError } from '../../shared/protocol/remote-error.ts';
import { copyMessage } from './copy-message.ts';

const REPLY_MS = 60_000;

/** From the near end to the far one, or back. */
export type Direction = 'up' | 'down';

/** What lies between the two ends. */
export interface Line {
  /** One way. Milliseconds. */
  latencyMs(): number;
  /** Bytes a millisecond; Infinity: as many as one likes. */
  bytesPerMs(direction: Direction): number;
}

type Handler = (type: string, payload: unknown) => Promise<object>;
type Outcome = { readonly reply: object } | { readonly error: ErrorBody };

interface Pending {
  readonly type: string;
  readonly timeoutMs: number;
  readonly deadline: number;
  readonly resolve: (reply: never) => void;
  readonly reject: (error: MurmurError) => void;
}

/** A request where `type` says which; else the reply to the request of that number. */
interface Letter {
  readonly id: number;
  readonly type: string | null;
  readonly message: unknown;
}

interface End {
  readonly direction: Direction;
  /** Under way from here, in the order in which they arrive, and what takes each back. */
  readonly sent: Letter[];
  readonly takeBack: (() => void)[];
  handler: Handler | null;
  readonly closers: Set<(reason: string) => void>;
  readonly pending: Map<number, Pending>;
  /** One timer for all that wait: to set one for each request would fill the clock with time-outs that never strike. */
  cancelTimeout: (() => void) | null;
  /** When the last byte that was sent from here has left, and when the last message arrives. */
  busyUntil: number;
  arrivesLast: number;
}

const newEnd = (direction: Direction): End => ({ direction, sent: [], takeBack: [], handler: null, closers: new Set(), pending: new Map(), cancelTimeout: null, busyUntil: 0, arrivesLast: 0 });

/** Both ends of a new link. Closing is heard by both at once. */
export function createVirtualLinks<Near extends RequestMap, Far extends RequestMap>(clock: Clock, line: Line): { near: Link<Near>; far: Link<Far> } {
  const near = newEnd('up');
  const far = newEnd('down');
  let closedFor: string | null = null;
  let requests = 0;

  function close(reason: string): void {
    if (closedFor !== null) return;
    closedFor = reason;
    for (const end of [near, far]) {
      end.cancelTimeout?.();
      // With the link they are gone.
      for (const cancel of end.takeBack) cancel();
      end.sent.length = 0;
      end.takeBack.length = 0;
      for (const { type, reject } of end.pending.values()) reject(new MurmurError('disconnected', `the link closed before ${type} was answered`));
      end.pending.clear();
      for (const closer of end.closers) closer(reason);
      end.closers.clear();
    }
  }

  function send(from: End, letter: Letter, bytes: number): void {
    const now = clock.now();
    from.busyUntil = Math.max(now, from.busyUntil) + bytes / line.bytesPerMs(from.direction);
    from.arrivesLast = Math.max(from.arrivesLast, from.busyUntil + line.latencyMs());
    from.sent.push(letter);
    from.takeBack.push(clock.after(from.arrivesLast - now, from === near ? arriveFar : arriveNear));
  }

  // Letters of one direction never overtake each other: whichever timer strikes, it is the first one's.
  const arriveFar = (): void => arrive(near, far);
  const arriveNear = (): void => arrive(far, near);

  function arrive(from: End, at: End): void {
    from.takeBack.shift();
    const letter = from.sent.shift();
    if (letter === undefined) return;
    if (letter.type === null) settle(at, letter.id, letter.message as Outcome);
    else answer(at, letter.id, letter.type, letter.message);
  }

  function answer(end: End, id: number, type: string, payload: unknown): void {
    const reply = (outcome: Outcome): void => {
      if (closedFor !== null) return;
      const { message, bytes } = copyMessage(outcome);
      send(end, { id, type: null, message }, bytes);
    };
    const refuse = (thrown: unknown): void => reply({ error: toErrorBody(thrown) });
    try {
      if (!end.handler) throw new MurmurError('unavailable', 'nobody listens at the other end yet');
      end.handler(type, payload).then((answered) => reply({ reply: answered }), refuse);
    } catch (thrown) {
      refuse(thrown);
    }
  }

  function watchTimeouts(end: End): void {
    let first = Infinity;
    for (const { deadline } of end.pending.values()) first = Math.min(first, deadline);
    if (first === Infinity) return;
    end.cancelTimeout = clock.after(first - clock.now(), () => {
      end.cancelTimeout = null;
      for (const [id, { type, timeoutMs, deadline, reject }] of end.pending) {
        if (deadline > clock.now()) continue;
        end.pending.delete(id);
        reject(new MurmurError('timeout', `no reply to ${type} within ${timeoutMs} ms`));
      }
      watchTimeouts(end);
    });
  }

  function linkAt<Outgoing extends RequestMap>(own: End): Link<Outgoing> {
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
          const sent = copyMessage(payload);
          const id = requests++;
          own.pending.set(id, { type, timeoutMs, deadline: clock.now() + timeoutMs, resolve: resolve, reject });
          if (own.cancelTimeout === null || timeoutMs < REPLY_MS) {
            own.cancelTimeout?.();
            watchTimeouts(own);
          }
          send(own, { id, type, message: sent.message }, sent.bytes + type.length);
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

  function settle(end: End, id: number, outcome: Outcome): void {
    const asked = end.pending.get(id);
    if (!asked) return;
    end.pending.delete(id);
    if ('error' in outcome) asked.reject(fromRemoteError(outcome.error));
    else asked.resolve(outcome.reply as never);
  }

  return { near: linkAt<Near>(near), far: linkAt<Far>(far) };
}
