/**
 * The round trip to the coordinator, as this session's own requests measure it: those that the coordinator answers at once.
 * Smoothed as TCP does it (Jacobson, "Congestion avoidance and control", 1988): an eighth of each new sample.
 */
const NEWEST = 1 / 8;

export interface RoundTrip {
  sample(ms: number): void;
  /** Milliseconds; null before the first sample. */
  readonly ms: number | null;
}

export function createRoundTrip(): RoundTrip {
  let smoothed: number | null = null;
  return {
    sample(ms) {
      // A clock that was set back measures nothing.
      if (ms >= 0) smoothed = smoothed === null ? ms : smoothed + NEWEST * (ms - smoothed);
    },
    get ms() {
      return smoothed === null ? null : Math.round(10 * smoothed) / 10;
    },
  };
}
