/** The round in which a peer's neighbours are, as most of them say: one that lies draws nobody away. */

/** Rounds that a single neighbour, whom no other one confirms, draws a peer on in one turn. */
const ALONE = 4;

/**
 * The round that more than half of the neighbours have reached (their lower median): whoever is behind it was left behind.
 * @param latest the latest round of each that was heard of
 * @param current the peer's own round; 0: it begins, and has nothing else to go by
 * @returns 0 where nobody was heard of
 */
export function commonRound(latest: readonly number[], current: number): number {
  if (latest.length === 0) return 0;
  const sorted = [...latest].sort((a, b) => b - a);
  const common = sorted[Math.floor(sorted.length / 2)];
  return sorted.length === 1 && current > 0 ? Math.min(common, current + ALONE) : common;
}
