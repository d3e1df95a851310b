/** What must hold of a round while it runs: sentences of what does not. */
import { bufferOf } from '../../server/coordinator/buffer-machine.ts';
import { itemsOf } from '../../server/coordinator/chunked-list.ts';
import { isOpen, type RoundState } from '../../server/coordinator/round-state.ts';
import type { World } from './schedule.ts';

/** After each step of the machine: its counts are those of its table, and a round that cannot reach its minimum any more does not go on. */
export function findMiscounts(state: RoundState, { minimum, goal }: World): string[] {
  if (state.buffer !== undefined) return miscountsOfBuffers(state);
  if (state.phase !== 'configuration' && state.phase !== 'reporting') return [];
  const found: string[] = [];
  const assignments = [...itemsOf(state.assignments)];
  const [open, reported] = [assignments.filter(isOpen).length, assignments.filter(({ status }) => status === 'reported').length];
  if (open !== state.open || reported !== state.reported) found.push(`round ${state.round} counts ${state.open} open and ${state.reported} reported assignments, its table has ${open} and ${reported}`);
  if (open + reported < Math.min(minimum, goal)) found.push(`round ${state.round} waits in ${state.phase} for ${open} more reports, has ${reported} and cannot reach its minimum`);
  return found;
}

/** Without a barrier a report counts in the buffer that its assignment names. */
function miscountsOfBuffers(state: RoundState): string[] {
  if (state.phase === 'idle') return [];
  const assignments = [...itemsOf(state.assignments)];
  const countedIn = (round: number): number => assignments.filter(({ counted }) => counted?.round === round).length;
  const open = assignments.filter(isOpen).length;
  const found: string[] = [];
  const { closing } = bufferOf(state);
  if (open !== state.open || countedIn(state.round) !== state.reported) found.push(`buffer ${state.round} counts ${state.open} open assignments and ${state.reported} reports, its table has ${open} and ${countedIn(state.round)}`);
  if (closing !== null && countedIn(closing.round) !== closing.reported) found.push(`buffer ${closing.round} closed with ${closing.reported} reports, its table has ${countedIn(closing.round)}`);
  if ((closing !== null) !== (state.phase === 'updating')) found.push(`buffer ${state.round} fills in phase ${state.phase}, and ${closing === null ? 'none' : closing.round} is closed`);
  return found;
}

/** A round that is taken up again has the assignments that it had. Null: it has, or has gone on to the next. */
export function findLostAssignments(left: RoundState, now: RoundState): string | null {
  if (left.buffer !== undefined) return lostOfBuffers(left, now);
  if (now.round !== left.round) return null;
  const ids = (state: RoundState): string => [...itemsOf(state.assignments)].map(({ id, edge }) => `${id} ${edge}`).join(', ');
  return ids(now) === ids(left) ? null : `round ${left.round} had the assignments ${ids(left)}, after the restart ${ids(now)}`;
}

/** Without a barrier the open assignments outlive their round: what was open is open still, or has reported. */
function lostOfBuffers(left: RoundState, now: RoundState): string | null {
  if (now.phase === 'idle') return null;
  const known = new Map([...itemsOf(now.assignments)].map((assignment) => [assignment.id, assignment]));
  const lost = [...itemsOf(left.assignments)].filter((assignment) => isOpen(assignment) && !known.has(assignment.id));
  return lost.length === 0 ? null : `the assignments ${lost.map(({ id, edge }) => `${id} ${edge}`).join(', ')} were open, and are gone after the restart`;
}
