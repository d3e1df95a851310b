/** Connections that have not said who they are: few at a time, and not for long. */
import type { Clock } from '../../shared/clock.ts';
import type { Link, RequestMap } from '../../shared/protocol/link.ts';

export interface Lobby {
  /** Lets the link in, or closes it: then null. The function returned is called once the link has said whose it is. */
  enter(link: Pick<Link<RequestMap>, 'close' | 'onClose'>): (() => void) | null;
  /** How many wait now. */
  readonly size: number;
}

export interface LobbyLimits {
  readonly most: number;
  readonly withinMs: number;
}

export const DEFAULT_LOBBY_LIMITS: LobbyLimits = { most: 1000, withinMs: 10_000 };

export function createLobby(clock: Clock, { most, withinMs }: LobbyLimits = DEFAULT_LOBBY_LIMITS): Lobby {
  let size = 0;
  return {
    enter(link) {
      if (size >= most) {
        link.close('too many connections have not said yet who they are; try again in a moment');
        return null;
      }
      let waiting = true;
      const leave = (): void => {
        if (waiting) size--;
        waiting = false;
        cancel();
      };
      size++;
      const cancel = clock.after(withinMs, () => {
        leave();
        link.close(`it did not say within ${withinMs / 1000} s who it is`);
      });
      link.onClose(leave);
      return leave;
    },
    get size() {
      return size;
    },
  };
}
