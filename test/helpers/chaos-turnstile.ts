/** Lets one through at a time, in the order in which they come: so that what they do next happens in an order, too. */

export interface Turnstile<Who> {
  /** Resolves when it is the turn of this one; no error where it waits or passes already. */
  pass(who: Who): Promise<void>;
  /** This one is through, or will never come. */
  leave(who: Who): void;
}

export function createTurnstile<Who>(): Turnstile<Who> {
  const queue: { readonly who: Who; readonly turn: Promise<void>; readonly go: () => void }[] = [];
  return {
    pass(who) {
      const known = queue.find((one) => one.who === who);
      if (known) return known.turn;
      let go = (): void => undefined;
      const turn = new Promise<void>((resolve) => {
        go = resolve;
      });
      queue.push({ who, turn, go });
      queue[0].go();
      return turn;
    },
    leave(who) {
      const at = queue.findIndex((one) => one.who === who);
      if (at < 0) return;
      queue.splice(at, 1);
      queue[0]?.go();
    },
  };
}
