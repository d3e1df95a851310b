/**
 * The daily rhythm of a population: how many edges are awake, by hour of the day (UTC). Plain data, and pure functions.
 *
 * Check-ins alone do not tell: who is told to come back less often checks in less often, and a rhythm that was read off
 * them would undo what follows from it. So each stands for the time until the next one: together they are edges × time.
 */
const HOUR_MS = 3_600_000;
const HOURS = 24;
/** How much of an hour's mean the newest day makes up: half is forgotten in two days. */
const NEWEST = 0.3;

export interface DailyRhythm {
  /** The hour under way, counted from the clock's epoch; null before the first check-in. */
  readonly hour: number | null;
  /** Edges × milliseconds of that hour so far. */
  readonly sum: number;
  /** Edges that are awake on average, by hour of the day; null where none was seen through yet. */
  readonly awake: readonly (number | null)[];
}

export const NO_RHYTHM: DailyRhythm = Object.freeze({ hour: null, sum: 0, awake: Object.freeze(new Array<null>(HOURS).fill(null)) });

/** A check-in at `at` by an edge that comes back `afterMs` later. Milliseconds of the coordinator's clock. */
export function withCheckIn(rhythm: DailyRhythm, at: number, afterMs: number): DailyRhythm {
  const hour = Math.floor(at / HOUR_MS);
  if (rhythm.hour === hour) return { ...rhythm, sum: rhythm.sum + afterMs };
  // A clock that was set back: what lies ahead is counted once, when it comes again.
  if (rhythm.hour === null || hour < rhythm.hour) return { ...rhythm, hour, sum: afterMs };
  const awake = [...rhythm.awake];
  // Hours in which nobody came are hours, too; a day of them says all there is to say.
  for (let past = Math.max(rhythm.hour, hour - HOURS); past < hour; past++) {
    const seen = past === rhythm.hour ? rhythm.sum / HOUR_MS : 0;
    const before = awake[past % HOURS];
    awake[past % HOURS] = before === null ? seen : before + NEWEST * (seen - before);
  }
  return { hour, sum: afterMs, awake };
}

/** How many are awake at `at`, as a multiple of the day's mean, straight from the middle of one hour to the next; 1 until a whole day was seen. */
export function rhythmAt({ awake }: DailyRhythm, at: number): number {
  const known = awake.filter((count) => count !== null);
  const mean = known.reduce((a, b) => a + b, 0) / HOURS;
  if (known.length < HOURS || mean === 0) return 1;
  const middle = at / HOUR_MS - 0.5;
  const hour = Math.floor(middle);
  const share = middle - hour;
  const of = (one: number): number => known[((one % HOURS) + HOURS) % HOURS];
  return (of(hour) * (1 - share) + of(hour + 1) * share) / mean;
}
