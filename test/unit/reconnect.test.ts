import { expect, it } from 'vitest';
import { reconnectWait, reconnectWindow } from '../../client/edge/reconnect.ts';
import { MurmurError } from '../../shared/errors.ts';
import { retryAfterOf, unavailableFor } from '../../shared/protocol/retry-after.ts';
import { createRandom } from '../../shared/random.ts';

const windows = (windowMs: number, atWork = false): number[] => [0, 1, 2, 3, 6, 7, 1000].map((failures) => reconnectWindow({ failures, windowMs, atWork }));

it('the window doubles with each failure, from what the coordinator told', () => {
  expect(windows(0)).toEqual([500, 1000, 2000, 4000, 30_000, 30_000, 30_000]);
  expect(windows(2000)).toEqual([2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(windows(20_000)).toEqual([20_000, 40_000, 80_000, 80_000, 80_000, 80_000, 80_000]);
});

it('who holds an assignment comes back sooner', () => {
  expect(windows(20_000, true)).toEqual([5000, 10_000, 20_000, 30_000, 30_000, 30_000, 30_000]);
  expect(windows(600, true)[0]).toBe(600);
});

it('a wait is drawn uniformly from the whole window', () => {
  const random = createRandom(3);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) counts[Math.floor(reconnectWait({ failures: 0, windowMs: 20_000, atWork: false }, random) / 2000)]++;
  // χ² with 9 degrees of freedom: above 33.7 with probability 10⁻⁴.
  expect(counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(33.7);
});

it('ten thousand edges never make more than three times N/W attempts a second while nobody answers', () => {
  const [edges, windowMs] = [10_000, 20_000];
  const perSecond: number[] = [];
  for (let edge = 0; edge < edges; edge++) {
    const random = createRandom(edge);
    let at = 0;
    for (let failures = 0; at < 600_000; failures++) {
      at += reconnectWait({ failures, windowMs, atWork: false }, random);
      perSecond[Math.floor(at / 1000)] = (perSecond[Math.floor(at / 1000)] ?? 0) + 1;
    }
  }
  expect(Math.max(...perSecond)).toBeLessThan(3 * 500);
  // Long after, each calls every 40 s: half the longest window.
  const late = perSecond.slice(300, 600).reduce((a, b) => a + b, 0) / 300;
  expect(late).toBeGreaterThan(240);
  expect(late).toBeLessThan(260);
});

it('a refusal says when to try again, and nonsense says nothing', () => {
  expect(retryAfterOf(unavailableFor(1234, 'full'))).toBe(1234);
  expect(retryAfterOf(unavailableFor(1e12, 'full'))).toBe(3_600_000);
  for (const details of [undefined, null, 5, {}, { retryAfterMs: -1 }, { retryAfterMs: 'soon' }, { retryAfterMs: Number.NaN }]) expect(retryAfterOf(new MurmurError('unavailable', 'full', { details }))).toBeNull();
  expect(retryAfterOf(new MurmurError('timeout', 'no reply', { details: { retryAfterMs: 5 } }))).toBeNull();
});
