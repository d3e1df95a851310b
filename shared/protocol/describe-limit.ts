/** After how many rounds a task ends at the latest, beside the number of its round: those that are aborted do not count. */
import type { LiveTask } from './live-view.ts';

type Counted = Pick<LiveTask, 'maxRounds' | 'round' | 'version' | 'phase'>;

/** Where rounds were aborted, a round's number may go beyond the limit. */
const someAborted = ({ round, version, phase }: Counted): boolean => (phase === null ? round : round - 1) > version;

/** `of at most 200`, or `23 of 200 committed`; null: there is no limit. */
export function describeLimit(task: Counted): string | null {
  if (task.maxRounds === null) return null;
  return someAborted(task) ? `${task.version} of ${task.maxRounds} committed` : `of at most ${task.maxRounds}`;
}

/** `24 of at most 200`, or `27, 23 of 200 committed`; `24` where there is no limit. */
export function describeRoundNumber(task: Counted): string {
  const limit = describeLimit(task);
  return limit === null ? `${task.round}` : `${task.round}${someAborted(task) ? ',' : ''} ${limit}`;
}
