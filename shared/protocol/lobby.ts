/** Connections that have not said who they are: few at a time, and not for long. */
import type { Clock } from '../clock.ts';
import type { Link, RequestMap } from './link.ts';

export type Entry =
  /** `leave` is called once the link has said whose it is. */
  | { readonly admitted: true; readonly leave: () => void }
  /** Whatever it asks within a second is answered with this; then it is closed. */
  | { readonly admitted: false; readonly retryAfterMs: number };

export interface Lobby {
  enter(link: Pick<Link<RequestMap>, 'close' | 'onClose'>): Entry;
  /** How many wait now. */
  readonly size: number;
}

export interface LobbyLimits {
  readonly most: number;
  readonly withinMs: number;
}

/** Sessions that are opened a second: a signature is checked for each, a fraction of a millisecond. */
export const OPENINGS_A_SECOND = 500;

export const DEFAULT_LOBBY_LIMITS: LobbyLimits = { most: 1000, withinMs: 10_000 };

/** The time that a link has to hear that it is refused. */
const REFUSAL_MS = 1000;
/** Refused links that may hear so at a time, for each that may wait; others are closed without a word. */
const REFUSED_FOR_EACH = 10;
/** Slots lie this far ahead at least, at most. */
const [FIRST_SLOT_MS, LAST_SLOT_MS] = [1000, 60_000];

export function createLobby(clock: Clock, { most, withinMs }: LobbyLimits = DEFAULT_LOBBY_LIMITS): Lobby {
  let size = 0;
  let refused = 0;
  /** When the next one to be refused is to come again. */
  let nextSlot = 0;

  /** Each gets a slot of its own: they return no faster than sessions are opened, and are not refused again and again. */
  function slot(): number {
    const now = clock.now();
    // More than a minute's worth: they share slots, and whoever fills them up on purpose keeps nobody away for longer.
    if (nextSlot < now + FIRST_SLOT_MS || nextSlot > now + LAST_SLOT_MS) nextSlot = now + FIRST_SLOT_MS;
    const retryAfterMs = Math.round(nextSlot - now);
    nextSlot += 1000 / OPENINGS_A_SECOND;
    return retryAfterMs;
  }

  /** Calls back once: when the link closes, or else closes it after so long. */
  function stay(link: Pick<Link<RequestMap>, 'close' | 'onClose'>, ms: number, reason: string, over: () => void): () => void {
    let there = true;
    const leave = (): void => {
      if (there) over();
      there = false;
      cancel();
    };
    const cancel = clock.after(ms, () => {
      leave();
      link.close(reason);
    });
    link.onClose(leave);
    return leave;
  }

  return {
    enter(link) {
      if (size < most) {
        size++;
        return { admitted: true, leave: stay(link, withinMs, `it did not say within ${withinMs / 1000} s who it is`, () => size--) };
      }
      const reason = 'too many connections have not said yet who they are';
      const retryAfterMs = slot();
      if (refused >= REFUSED_FOR_EACH * most) {
        link.close(reason);
      } else {
        refused++;
        stay(link, REFUSAL_MS, reason, () => refused--);
      }
      return { admitted: false, retryAfterMs };
    },
    get size() {
      return size;
    },
  };
}
