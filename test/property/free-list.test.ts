/** Memory handed out and taken back: never to two at a time, and no more than is needed where pieces can be used again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFreeList } from '../../shared/model/replay/free-list.ts';

describe('a free list', () => {
  it('gives no byte to two at a time, whatever comes and goes', () => {
    const moves = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 9 }).map((lines) => 64 * lines), give: fc.option(fc.nat(20), { nil: null }) }), { maxLength: 60 });
    fc.assert(fc.property(moves, (steps) => {
      const list = createFreeList();
      const held: { offset: number; bytes: number }[] = [];
      let most = 0;
      for (const { bytes, give } of steps) {
        if (give !== null && held.length > 0) {
          const [piece] = held.splice(give % held.length, 1);
          list.give(piece.offset, piece.bytes);
        }
        const offset = list.take(bytes);
        for (const other of held) expect(offset >= other.offset + other.bytes || offset + bytes <= other.offset).toBe(true);
        held.push({ offset, bytes });
        most = Math.max(most, ...held.map((piece) => piece.offset + piece.bytes));
      }
      expect(list.highest()).toBe(most);
      // All given back, all of it is one piece again.
      for (const piece of held) list.give(piece.offset, piece.bytes);
      if (most > 0) expect(list.take(most)).toBe(0);
      expect(list.highest()).toBe(most);
    }), { numRuns: 500, seed: 2 });
  });

  it('takes the smallest piece that fits, and lets the last one grow', () => {
    const list = createFreeList();
    const offsets = [100, 10, 50, 10, 30].map((bytes) => list.take(bytes));
    expect(offsets).toEqual([0, 100, 110, 160, 170]);
    list.give(0, 100);
    list.give(110, 50);
    expect(list.take(40)).toBe(110);
    expect(list.take(10)).toBe(150);
    expect(list.take(90)).toBe(0);
    list.give(170, 30);
    expect(list.take(60)).toBe(170);
    expect(list.highest()).toBe(230);
  });
});
