/** What must hold of a round while it runs: sentences of what does not. */
import { itemsOf } from '../../server/coordinator/chunked-list.ts';
import { isOpen, type RoundState } from '../../server/coordinator/round-state.ts';
import type { World } from './schedule.ts';

/** After each step of the machine: its counts are those of its table, and a round that cannot reach its minimum any more does not go on. */
export function findMiscounts(state: RoundState, { minimum, goal }: World): string[] {
  if (state.phase !== 'configuration' && state.phase !== 'reporting') return [];
  const found: string[] = [];
  const assignments = [...itemsOf(state.assignments)];
  const [open, reported] = [assignments.filter(isOpen).length, assignments.filter(({ status }) => status === 'reported').length];
  if (open !== state.open || reported !== state.reported) found.push(`round ${state.round} counts ${state.open} open and ${state.reported} reported assignments, its table has ${open} and ${reported}`);
  if (open + reported < Math.min(minimum, goal)) found.push(`round ${state.round} waits in ${state.phase} for ${open} more reports, has ${reported} and cannot reach its minimum`);
  return found;
}

/** A round that is taken up again has the assignments that it had. Null: it has, or has gone on to the next. */
export function findLostAssignments(left: RoundState, now: RoundState): string | null {
  if (now.round !== left.round) return null;
  const ids = (state: RoundState): string => [...itemsOf(state.assignments)].map(({ id, edge }) => `${id} ${edge}`).join(', ');
  return ids(now) === ids(left) ? null : `round ${left.round} had the assignments ${ids(left)}, after the restart ${ids(now)}`;
}
