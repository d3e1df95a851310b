/** The round in which a peer's neighbours are, as most of them say: one that lies draws nobody away. */

/** Rounds that a single neighbour, whom no other one confirms, draws a peer on in one turn. */
const ALONE = 4;

/**
 * The round that more than half of the neighbours have reached (their lower median): whoever is behind it was left behind.
 * @param latest the latest round of each that has said anything; 0: it has not begun
 * @returns 0 where nobody has
 */
export function commonRound(latest: readonly number[]): number {
  // Mostly all are where one is.
  if (latest.every((round) => round === latest[0])) return latest.at(0) ?? 0;
  const sorted = [...latest].sort((a, b) => b - a);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The same for a peer that is in a round itself: a single neighbour is followed step by step. */
export function roundToFollow(latest: readonly number[], current: number): number {
  const common = commonRound(latest);
  return latest.length === 1 ? Math.min(common, current + ALONE) : common;
}
