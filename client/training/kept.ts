/** Things that are kept for the next time, up to so many bytes: the least recently used one leaves first. */

export interface Kept {
  /** May grow while it is used. */
  readonly bytes: number;
  dispose(): void;
}

export interface KeptThings<T extends Kept> {
  /** The thing of that name, which is then the most recently used. */
  get(key: string): T | undefined;
  /** Disposes what must leave so that so many bytes more fit; everything where they never do. */
  makeRoom(bytes: number): void;
  add(key: string, thing: T): void;
  clear(): void;
}

export function createKept<T extends Kept>(mostBytes: number): KeptThings<T> {
  // In the order of their last use.
  const things = new Map<string, T>();
  const makeRoom = (bytes: number): void => {
    let held = [...things.values()].reduce((sum, thing) => sum + thing.bytes, 0);
    for (const [key, thing] of things) {
      if (held + bytes <= mostBytes) return;
      things.delete(key);
      held -= thing.bytes;
      thing.dispose();
    }
  };
  return {
    get(key) {
      const thing = things.get(key);
      if (thing === undefined) return undefined;
      things.delete(key);
      things.set(key, thing);
      return thing;
    },
    makeRoom,
    add: (key, thing) => void things.set(key, thing),
    clear: () => makeRoom(Infinity),
  };
}
