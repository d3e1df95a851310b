/** A task without rounds to wait for, in words: what stands in place of its phases, on the page and in the terminal. */
import { formatCount } from '../format.ts';
import type { LiveBuffer, LiveStaleness, LiveTask } from './live-view.ts';

/** `4.2 versions behind, 9 at most`. */
export function describeStaleness({ mean, worst }: LiveStaleness): string {
  if (worst === 0) return 'of the newest version';
  return `${mean.toFixed(1)} versions behind, ${formatCount(worst)} at most`;
}

/** `50 of 50 edges work`. */
export const describeWorking = ({ working, concurrency }: LiveBuffer): string => `${formatCount(working)} of ${formatCount(concurrency)} edges work`;

/** `7 of 10 reports for version 13; 50 of 50 edges work`, each part for itself; empty for a task with rounds. */
export function describeBuffer({ buffer, reported, goal, version }: Pick<LiveTask, 'buffer' | 'reported' | 'goal' | 'version'>): readonly string[] {
  if (buffer === undefined) return [];
  const next = version + (buffer.updating ? 2 : 1);
  return [
    `${formatCount(reported)} of ${formatCount(goal)} reports for version ${formatCount(next)}`,
    ...(buffer.updating ? [`version ${formatCount(version + 1)} is being made`] : []),
    describeWorking(buffer),
    ...(buffer.staleness === null ? [] : [`reports of the newest version: ${describeStaleness(buffer.staleness)}`]),
  ];
}
