import { describe, expect, it } from 'vitest';
import { NO_RHYTHM, rhythmAt, withCheckIn, type DailyRhythm } from '../../server/coordinator/daily-rhythm.ts';

const HOUR = 3_600_000;

/** `awake` edges in each hour, which check in every half hour. */
function after(hours: readonly number[], start: DailyRhythm = NO_RHYTHM, first = 0): DailyRhythm {
  return hours.reduce((rhythm, awake, i) => {
    let next = rhythm;
    for (const part of [0, 0.5]) for (let edge = 0; edge < awake; edge++) next = withCheckIn(next, (first + i + part) * HOUR, HOUR / 2);
    return next;
  }, start);
}

const day = (of: (hour: number) => number): number[] => Array.from({ length: 24 }, (_, hour) => of(hour));

describe('the rhythm of a day', () => {
  it('counts edges that are awake, however often each is told to come back', () => {
    let often = NO_RHYTHM;
    for (let i = 0; i < 3600; i++) often = withCheckIn(often, i * 1000, 1000);
    let seldom = NO_RHYTHM;
    for (let i = 0; i < 2; i++) seldom = withCheckIn(seldom, (i * HOUR) / 2, HOUR / 2);
    expect([often, seldom].map((rhythm) => withCheckIn(rhythm, HOUR, 1).awake[0])).toEqual([1, 1]);
  });

  it('is even until a whole day was seen', () => {
    const almost = after(day((hour) => hour + 1));
    expect(rhythmAt(almost, 12 * HOUR)).toBe(1);
    expect(rhythmAt(withCheckIn(almost, 24 * HOUR, 1), 12.5 * HOUR)).toBe(13 / 12.5);
  });

  it('goes straight from the middle of one hour to the next, over midnight, too', () => {
    const seen = after([...day((hour) => (hour === 23 ? 47 : hour === 0 ? 1 : 3)), 1]);
    const mean = (47 + 1 + 22 * 3) / 24;
    expect(rhythmAt(seen, 23.5 * HOUR)).toBeCloseTo(47 / mean, 12);
    expect(rhythmAt(seen, 24 * HOUR)).toBeCloseTo(24 / mean, 12);
    expect(rhythmAt(seen, 24.25 * HOUR)).toBeCloseTo(12.5 / mean, 12);
    expect(rhythmAt(seen, 0.25 * HOUR)).toBeCloseTo(12.5 / mean, 12);
  });

  it('forgets three tenths a day', () => {
    const first = after(day(() => 10));
    const second = after([...day(() => 20), 0], first, 24);
    expect(withCheckIn(second, 48 * HOUR, 1).awake[7]).toBeCloseTo(13, 12);
  });

  it('knows the hours in which nobody came, and a silence of weeks is one empty day', () => {
    const rhythm = withCheckIn(after([...day(() => 10), 10]), (24 * 30 + 3) * HOUR, 1);
    expect(rhythm.awake[3]).toBeCloseTo(7, 12);
    // The hour under way when a silence of more than a day began is left out: it counts as the empty one of a later day.
    expect(rhythm.awake[0]).toBeCloseTo(7, 12);
    expect(withCheckIn(after([4]), 3 * HOUR, 1).awake.slice(0, 4)).toEqual([4, 0, 0, null]);
  });

  it('is even where nobody ever came, and bears a clock that is set back', () => {
    expect(rhythmAt(NO_RHYTHM, 5)).toBe(1);
    const back = withCheckIn(withCheckIn(NO_RHYTHM, 5 * HOUR, 1), 4 * HOUR, HOUR);
    expect(back).toMatchObject({ hour: 4, sum: HOUR });
    expect(back.awake.every((awake) => awake === null)).toBe(true);
  });
});
