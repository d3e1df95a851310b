/**
 * An immutable list that is cheap to change in one place: 64 items a chunk, so that
 * changing one of 10,000 assignments copies some two hundred pointers, not ten thousand.
 * A pure state machine over a thousand reports stays linear by it.
 */

const CHUNK = 64;

export interface ChunkedList<T> {
  readonly length: number;
  readonly chunks: readonly (readonly T[])[];
}

export function listOf<T>(items: readonly T[]): ChunkedList<T> {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += CHUNK) chunks.push(items.slice(start, start + CHUNK));
  return { length: items.length, chunks };
}

export function itemAt<T>(list: ChunkedList<T>, index: number): T | undefined {
  return list.chunks[Math.floor(index / CHUNK)]?.[index % CHUNK];
}

export function withItem<T>(list: ChunkedList<T>, index: number, item: T): ChunkedList<T> {
  const chunks = list.chunks.slice();
  const chunk = chunks[Math.floor(index / CHUNK)].slice();
  chunk[index % CHUNK] = item;
  chunks[Math.floor(index / CHUNK)] = chunk;
  return { length: list.length, chunks };
}

export function* itemsOf<T>(list: ChunkedList<T>): Generator<T> {
  for (const chunk of list.chunks) yield* chunk;
}

/** What stands at each place in both lists, where it differs; chunks that they share are not looked at. */
export function* changedItems<T>(before: ChunkedList<T>, after: ChunkedList<T>): Generator<readonly [was: T | undefined, now: T | undefined]> {
  for (let chunk = 0; chunk < Math.max(before.chunks.length, after.chunks.length); chunk++) {
    const was: readonly T[] = before.chunks.at(chunk) ?? [];
    const now: readonly T[] = after.chunks.at(chunk) ?? [];
    if (was === now) continue;
    for (let i = 0; i < Math.max(was.length, now.length); i++) if (was[i] !== now[i]) yield [was.at(i), now.at(i)];
  }
}
