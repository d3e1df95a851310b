/** Which of a device's streams of random numbers serves what; normal ones and distributions take two. */
export const STREAMS = {
  class: 0,
  region: 1,
  late: 2,
  arrival: 3,
  departure: 4,
  eagerness: 5,
  spread: 6,
  speed: 8,
  memory: 10,
  level: 12,
  /** Up and down alike: who has a fast line has it both ways. */
  bandwidth: { home: 14, away: 16 },
  latency: { home: 18, away: 20 },
  fluctuation: 22,
  busy: 24,
  busyLoad: 26,
  gap: 30,
  common: 31,
  /** Three each: available, plugged, at home. */
  shared: 32,
  own: 36,
} as const;
