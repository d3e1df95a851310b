import { describe, expect, it } from 'vitest';
import { createBufferPool } from '../../server/storage/buffer-pool.ts';

const K = 1024;

describe('a pool of buffers', () => {
  it('hands out again what was given back, where it fits tightly', () => {
    const pool = createBufferPool();
    const first = pool.take(100 * K);
    pool.giveBack(first);
    // Neither far too small a wish, nor one that it cannot hold.
    expect(pool.take(70 * K).buffer).not.toBe(first.buffer);
    expect(pool.take(100 * K + 1).buffer).not.toBe(first.buffer);
    const again = pool.take(90 * K);
    expect(again.buffer).toBe(first.buffer);
    expect([again.byteOffset, again.byteLength]).toEqual([0, 90 * K]);
    // Taken is taken.
    expect(pool.take(90 * K).buffer).not.toBe(first.buffer);
  });

  it('gives nobody the same memory twice at once', () => {
    const pool = createBufferPool();
    const given = [pool.take(80 * K), pool.take(80 * K), pool.take(80 * K)];
    given.forEach((buffer) => pool.giveBack(buffer));
    expect(new Set([1, 2, 3, 4].map(() => pool.take(80 * K).buffer)).size).toBe(4);
  });

  it('keeps no more than it may: the oldest go first', () => {
    const pool = createBufferPool(200 * K);
    const [oldest, middle, newest] = [pool.take(100 * K), pool.take(100 * K), pool.take(100 * K)];
    for (const buffer of [oldest, middle, newest]) pool.giveBack(buffer);
    expect([pool.take(100 * K).buffer, pool.take(100 * K).buffer]).toEqual([newest.buffer, middle.buffer]);
    expect(pool.take(100 * K).buffer).not.toBe(oldest.buffer);
    const huge = pool.take(201 * K);
    pool.giveBack(huge);
    expect(pool.take(201 * K).buffer).not.toBe(huge.buffer);
  });

  it('does not bother with small ones', () => {
    const pool = createBufferPool();
    const small = pool.take(K);
    pool.giveBack(small);
    expect(pool.take(K).buffer).not.toBe(small.buffer);
    expect([...pool.take(8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
