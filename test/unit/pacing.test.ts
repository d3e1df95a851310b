import { describe, expect, it } from 'vitest';
import { comeBackWithoutTask, createPacing, type Crowd } from '../../server/coordinator/pacing.ts';
import { reconnectWithinMs } from '../../server/coordinator/reconnect-window.ts';
import { createRandom } from '../../shared/random.ts';

const HOUR = 3_600_000;
const spec = (comeBackSeconds = 10, conditionsMaxAgeSeconds = 300) => ({ round: { comeBackSeconds }, selection: { conditionsMaxAgeSeconds } });
const crowd = (eligible: number, fields: Partial<Crowd> = {}): Crowd => ({ eligible, online: eligible, waiting: false, ...fields });

/** Least and greatest of many waits. */
function range(wait: () => number): [number, number] {
  const waits = Array.from({ length: 4000 }, wait);
  return [Math.min(...waits), Math.max(...waits)];
}

/** 0.5–1.5 times the mean, to within a hundredth: 4,000 draws miss such an edge of the interval with probability 0.99^4000 < 10⁻¹⁷. */
function expectSpread([least, most]: readonly [number, number], meanMs: number): void {
  expect(least).toBeGreaterThanOrEqual(Math.floor(0.5 * meanMs));
  expect(least).toBeLessThan(0.51 * meanMs);
  expect(most).toBeLessThanOrEqual(Math.ceil(1.5 * meanMs));
  expect(most).toBeGreaterThan(1.49 * meanMs);
}

describe('few edges', () => {
  it('are wanted back at once while the round waits for them', () => {
    const pacing = createPacing(spec(), 10, createRandom(1));
    expect(pacing.comeBackAfter(0, crowd(19, { waiting: true }))).toBe(500);
    expect(createPacing(spec(0.2), 10, createRandom(1)).comeBackAfter(0, crowd(3, { waiting: true }))).toBe(200);
  });

  it('are asked less and less often the longer a round has waited', () => {
    const pacing = createPacing(spec(60), 10, createRandom(1));
    pacing.roundBegan(100_000);
    const after = (at: number): number => pacing.comeBackAfter(at, crowd(5, { waiting: true }));
    expect([100_000, 102_000, 104_000, 140_000, 340_000, 900_000].map(after)).toEqual([500, 500, 1000, 10_000, 60_000, 60_000]);
    // From half a second to a minute, each wait a quarter longer than the last: ln 120 / ln 1.25 = 21.5 check-ins, then one a minute.
    let checkIns = 0;
    for (let at = 100_000; at < 100_000 + HOUR; at += after(at)) checkIns++;
    expect(checkIns).toBeLessThan(25 + 60);
    pacing.roundBegan(5_000_000);
    expect(after(5_000_100)).toBe(500);
  });

  it('come back together, as the next round is likely to begin', () => {
    const pacing = createPacing(spec(60), 10, createRandom(1));
    pacing.roundBegan(100_000);
    expect(pacing.comeBackAfter(101_000, crowd(5))).toBe(500);
    pacing.roundBegan(130_000);
    // Rounds begin every 30 s: whoever asks on the way is sent to the same instant.
    for (const at of [131_000, 140_000, 159_000]) expect(at + pacing.comeBackAfter(at, crowd(5))).toBe(160_000);
    expect(pacing.comeBackAfter(159_900, crowd(5))).toBe(500);
    expect(pacing.comeBackAfter(161_000, crowd(5))).toBe(500);
    // It is overdue by 40 s.
    expect(pacing.comeBackAfter(200_000, crowd(5))).toBe(10_000);
    // 30 s, then 20 s: 0.7 · 30 + 0.3 · 20.
    pacing.roundBegan(150_000);
    expect(pacing.comeBackAfter(150_000, crowd(5))).toBe(27_000);
  });

  it('never wait for longer than the task’s come-back time', () => {
    const pacing = createPacing(spec(10), 10, createRandom(1));
    pacing.roundBegan(0);
    pacing.roundBegan(600_000);
    expect(pacing.comeBackAfter(600_000, crowd(5))).toBe(10_000);
  });

  it('among a crowd that is not eligible are spread by what the coordinator can answer', () => {
    const pacing = createPacing(spec(), 10, createRandom(1));
    // 10,000 at 500 a second.
    expectSpread(range(() => pacing.comeBackAfter(0, crowd(5, { online: 10_000, waiting: true }))), 20_000);
  });
});

describe('many edges', () => {
  it('are spread around the task’s come-back time', () => {
    const pacing = createPacing(spec(10), 10, createRandom(1));
    expectSpread(range(() => pacing.comeBackAfter(0, crowd(20))), 10_000);
  });

  it('return as often as rounds need them, and no more', () => {
    const pacing = createPacing(spec(10), 10, createRandom(1));
    pacing.roundBegan(0);
    pacing.roundBegan(60_000);
    // 1,200 edges, 30 wanted back in 60 s: each after 2,400 s on average; stretched to ten times the come-back time at most.
    expectSpread(range(() => pacing.comeBackAfter(60_000, crowd(1200))), 100_000);
    // 24 edges: 48 s.
    expectSpread(range(() => pacing.comeBackAfter(60_000, crowd(24))), 48_000);
  });

  it('keep their conditions fresh while they stay', () => {
    const pacing = createPacing(spec(10, 100), 10, createRandom(1));
    pacing.roundBegan(0);
    pacing.roundBegan(60_000);
    expectSpread(range(() => pacing.comeBackAfter(60_000, crowd(1200))), 60_000);
  });

  it('do not ask more of the coordinator than it answers', () => {
    const pacing = createPacing(spec(10, 100), 10, createRandom(1));
    expectSpread(range(() => pacing.comeBackAfter(0, crowd(50_000))), 100_000);
  });

  it('return at the same pace by day and by night, once the rhythm is known', () => {
    // 40 awake at night, 1,000 at noon; each checks in when it was told to.
    const awake = (at: number): number => 520 - 480 * Math.cos((2 * Math.PI * at) / (24 * HOUR));
    const pacing = createPacing(spec(600, 7200), 1, createRandom(4));
    const perHour: number[] = [];
    let at = 0;
    // Edges are alike: the next check-in of the crowd comes after its mean wait divided by its number.
    while (at < 6 * 24 * HOUR) {
      const waitMs = pacing.checkedIn(at, crowd(Math.round(awake(at))));
      perHour[Math.floor(at / HOUR)] = (perHour[Math.floor(at / HOUR)] ?? 0) + 1;
      at += waitMs / awake(at);
    }
    const [first, last] = [perHour.slice(0, 24), perHour.slice(-24)];
    // Unpaced, the load follows the crowd: noon has 24 times the check-ins of the night.
    expect(Math.max(...first) / Math.min(...first)).toBeGreaterThan(15);
    const daytime = last.slice(6, 18);
    expect(Math.max(...daytime) / Math.min(...daytime)).toBeLessThan(1.2);
    // At night the window is halved at most.
    expect(Math.max(...last) / Math.min(...last)).toBeLessThan(8);
  });
});

it('an edge without a task is spread, too, and by their number', () => {
  const random = createRandom(2);
  expectSpread(range(() => comeBackWithoutTask(1, random)), 10_000);
  expectSpread(range(() => comeBackWithoutTask(20_000, random)), 40_000);
});

it('the same random source gives the same waits', () => {
  const waits = (): number[] => {
    const pacing = createPacing(spec(), 1, createRandom(7));
    return Array.from({ length: 10 }, (_, at) => pacing.checkedIn(at, crowd(100)));
  };
  expect(waits()).toEqual(waits());
});

it('the window to reconnect grows with the number of edges, within bounds', () => {
  expect([0, 10, 250, 251, 10_000, 300_000, 1e9].map(reconnectWithinMs)).toEqual([500, 500, 500, 502, 20_000, 600_000, 600_000]);
});
