import type { GossipLinks } from './way.ts';

/**
 * How much of a neighbour goes into a mean: Metropolis–Hastings over links in both directions, which is the same on both sides;
 * equal shares over one-way links.
 * @param degree of the neighbour in this round
 */
export function neighbourWeight({ to, from, oneWay }: GossipLinks, degree: number): number {
  return oneWay ? 1 / (1 + from.length) : 1 / (1 + Math.max(to.length, degree));
}
