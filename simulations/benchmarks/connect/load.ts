/** What a process of connecting clients can be asked, and how many it brings in at once. */
import type { BenchProcess } from '../child-process.ts';

export type LoadOrders = {
  /** Makes `count` clients, numbered from `first`; none of them connects yet. */
  prepare: { payload: { readonly url: string; readonly first: number; readonly count: number }; answer: null };
  /** Connects the next `count` of them; answers when the last one is idle. */
  connect: { payload: { readonly count: number }; answer: null };
  /** Lets whoever is chosen work; until then he is held. */
  release: { payload: null; answer: null };
};
export type LoadProcess = BenchProcess<LoadOrders>;

/** On their way at a time: enough to keep a server busy, and fewer than may be unknown to a coordinator at once. */
const WIDTH = 128;

/** Runs `open` for each, so many at a time. Rejects with the first that failed. */
export async function openAll<T>(clients: Iterable<T>, open: (client: T) => Promise<void>, width = WIDTH): Promise<void> {
  const waiting = clients[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) await open(next.value);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
