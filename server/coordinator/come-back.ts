/** When an edge that is not needed now should check in again. */
import type { RandomSource } from '../../shared/random.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';

const SOON_MS = 500;

/**
 * Milliseconds. Where edges are scarce (fewer than two rounds' worth) each is wanted back
 * at once; where they abound they are spread over 0.5–1.5 times the task's come-back time,
 * so that they do not return as a herd.
 */
export function comeBackAfter(spec: TaskSpec, eligible: number, asked: number, random: RandomSource): number {
  const longest = spec.round.comeBackSeconds * 1000;
  if (eligible < 2 * asked) return Math.min(SOON_MS, longest);
  return Math.round(longest * (0.5 + random.next()));
}
