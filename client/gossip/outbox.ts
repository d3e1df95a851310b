/** Frames that wait to be sent to one peer, in order; each is made when its turn comes, so that memory holds a few and not all. */

/** Frames that the network may hold at a time: enough that it never waits for the next one to be made. */
const WINDOW = 4;

export interface Outbox {
  /** @param wanted asked when its turn comes: false drops it */
  push(make: () => Uint8Array, wanted: () => boolean): void;
}

/** @param onBroken a frame did not arrive: all that waited is dropped */
export function createOutbox(send: (frame: Uint8Array) => Promise<void>, onBroken: () => void): Outbox {
  let waiting: { readonly make: () => Uint8Array; readonly wanted: () => boolean }[] = [];
  let underWay = 0;

  function pump(): void {
    while (underWay < WINDOW) {
      const next = waiting.shift();
      if (next === undefined) return;
      if (!next.wanted()) continue;
      underWay++;
      send(next.make()).then(
        () => {
          underWay--;
          pump();
        },
        () => {
          underWay--;
          waiting = [];
          onBroken();
        },
      );
    }
  }

  return {
    push(make, wanted) {
      waiting.push({ make, wanted });
      pump();
    },
  };
}
