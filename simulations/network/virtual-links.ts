/**
 * A link without a wire: two ends in one process, under a virtual clock. Messages take the time that the line between
 * the two asks for, and arrive in the order in which they were sent, as over one TCP connection.
 */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError, toErrorBody, type ErrorBody } from '../../shared/errors.ts';
import type { Link, RequestMap } from '../../shared/protocol/link.ts';
import { fromRemoteError } from '../../shared/protocol/remote-error.ts';
import { copyMessage } from './copy-message.ts';
import type { Carry } from './message.ts';

const REPLY_MS = 60_000;

/** From the near end to the far one, or back. */
export type Direction = 'up' | 'down';

/** What lies between the two ends. */
export interface Line {
  /** One way. Milliseconds. */
  latencyMs(): number;
  /** Bytes a millisecond; Infinity: as many as one likes. */
  bytesPerMs(direction: Direction): number;
  /** For a line on which messages are lost, come twice, late or garbled. */
  readonly carry?: Carry;
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

/** A request, or the reply to the request of that number. */
interface Letter {
  readonly id: number;
  readonly type: string;
  readonly isReply: boolean;
  readonly message: unknown;
}

interface End {
  readonly direction: Direction;
  /** Under way from here, in the order in which they arrive, and what takes each back. */
  readonly sent: Letter[];
  readonly takeBack: (() => void)[];
  /** Those that come out of their order, and what takes each back. */
  readonly late: Set<() => void>;
  handler: Handler | null;
  readonly closers: Set<(reason: string) => void>;
  readonly pending: Map<number, Pending>;
  /** One timer for all that wait: to set one for each request would fill the clock with time-outs that never strike. */
  cancelTimeout: (() => void) | null;
  /** When the last byte that was sent from here has left, and when the last message arrives. */
  busyUntil: number;
  arrivesLast: number;
}

const newEnd = (direction: Direction): End => ({ direction, sent: [], takeBack: [], late: new Set(), handler: null, closers: new Set(), pending: new Map(), cancelTimeout: null, busyUntil: 0, arrivesLast: 0 });

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
      for (const cancel of [...end.takeBack, ...end.late]) cancel();
      end.late.clear();
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
    const arrives = Math.max(from.arrivesLast, from.busyUntil + line.latencyMs());
    if (line.carry === undefined) return inOrder(from, letter, arrives);
    const { type, isReply, message } = letter;
    line.carry({ from: from === near ? 'near' : 'far', kind: isReply ? 'reply' : 'request', type, payload: message }, (extraMs = 0, payload = message) => {
      if (closedFor !== null) return;
      const delivered: Letter = payload === message ? letter : { ...letter, message: payload };
      if (extraMs === 0) return inOrder(from, delivered, arrives);
      const cancel = clock.after(arrives + extraMs - now, () => {
        from.late.delete(cancel);
        deliver(delivered, from === near ? far : near);
      });
      from.late.add(cancel);
    });
  }

  function inOrder(from: End, letter: Letter, arrives: number): void {
    from.arrivesLast = arrives;
    from.sent.push(letter);
    from.takeBack.push(clock.after(arrives - clock.now(), from === near ? arriveFar : arriveNear));
  }

  // Letters of one direction never overtake each other: whichever timer strikes, it is the first one's.
  const arriveFar = (): void => arrive(near, far);
  const arriveNear = (): void => arrive(far, near);

  function arrive(from: End, at: End): void {
    from.takeBack.shift();
    const letter = from.sent.shift();
    if (letter !== undefined) deliver(letter, at);
  }

  function deliver({ id, type, isReply, message }: Letter, at: End): void {
    if (isReply) settle(at, id, message);
    else answer(at, id, type, message);
  }

  function answer(end: End, id: number, type: string, payload: unknown): void {
    const reply = (outcome: Outcome): void => {
      if (closedFor !== null) return;
      const { message, bytes } = copyMessage(outcome);
      send(end, { id, type, isReply: true, message }, bytes);
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
          send(own, { id, type, isReply: false, message: sent.message }, sent.bytes + type.length);
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

  function settle(end: End, id: number, outcome: unknown): void {
    const asked = end.pending.get(id);
    if (!asked) return;
    end.pending.delete(id);
    if (typeof outcome === 'object' && outcome !== null) {
      if ('reply' in outcome) return asked.resolve(outcome.reply as never);
      if ('error' in outcome) return asked.reject(fromRemoteError(outcome.error));
    }
    asked.reject(new MurmurError('bad_message', `the reply to ${asked.type} is none`));
  }

  return { near: linkAt<Near>(near), far: linkAt<Far>(far) };
}
