/**
 * Over how long edges spread that lose their connection. A coordinator that restarts is called by all of them: each draws
 * its first wait uniformly from a window that grows with their number, so that about as many come a second whatever it is.
 */
import { OPENINGS_A_SECOND } from '../../shared/protocol/lobby.ts';

const SHORTEST_MS = 500;
const LONGEST_MS = 600_000;

/** Milliseconds, for so many edges connected. */
export function reconnectWithinMs(online: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.round((online * 1000) / OPENINGS_A_SECOND)));
}
