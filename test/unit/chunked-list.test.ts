import fc from 'fast-check';
import { expect, it } from 'vitest';
import { changedItems, itemAt, itemsOf, listOf, withItem, type ChunkedList } from '../../server/coordinator/chunked-list.ts';

/** Place by place, without knowing of chunks. */
function differences(before: ChunkedList<number>, after: ChunkedList<number>): unknown[] {
  const places = Array.from({ length: Math.max(before.length, after.length) }, (_, i) => [itemAt(before, i), itemAt(after, i)]);
  return places.filter(([was, now]) => was !== now);
}

const numbers = fc.array(fc.nat(3), { maxLength: 200, size: 'max' });
const changes = fc.array(fc.tuple(fc.nat(199), fc.nat(3)), { maxLength: 5 });

it('a list that was changed in places differs there, and nowhere else', () => {
  fc.assert(
    fc.property(numbers, changes, (items, changed) => {
      const before = listOf(items);
      const after = changed.reduce((list, [place, item]) => (place < list.length ? withItem(list, place, item) : list), before);
      expect([...changedItems(before, after)]).toEqual(differences(before, after));
      expect([...itemsOf(before)]).toEqual(items);
    }),
  );
});

it('so do two lists that have nothing to do with each other, of whatever lengths', () => {
  fc.assert(
    fc.property(numbers, numbers, (some, others) => {
      expect([...changedItems(listOf(some), listOf(others))]).toEqual(differences(listOf(some), listOf(others)));
    }),
  );
});

it('chunks that both share are not looked at', () => {
  const before = listOf(Array.from({ length: 10_000 }, (_, i) => i));
  const after = withItem(before, 5000, -1);
  const looked = new Set<number>();
  const watched = (list: ChunkedList<number>): ChunkedList<number> => ({ ...list, chunks: list.chunks.map((chunk, c) => (before.chunks[c] === after.chunks[c] ? chunk : new Proxy(chunk as number[], { get: (target, key) => (looked.add(c), Reflect.get(target, key) as unknown) }))) });
  expect([...changedItems(watched(before), watched(after))]).toEqual([[5000, -1]]);
  expect([...looked]).toEqual([Math.floor(5000 / before.chunks[0].length)]);
});
