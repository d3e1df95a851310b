/** Progress as lines, for logs and pipes: one a round, none that is overwritten. */
import { formatBytes, formatDuration, formatLoss, formatPercent } from '../../shared/format.ts';
import type { LiveRound } from '../../shared/protocol/live-view.ts';

export function describeRound(round: LiveRound, leftMs: number | null): string {
  const parts = [`round ${round.round}`];
  if (round.outcome === 'aborted') parts.push(`aborted: ${round.reason ?? 'no reason given'}`);
  else parts.push(`accuracy ${formatPercent(round.accuracy)}`, `loss ${formatLoss(round.loss)}`);
  parts.push(`${round.reported}/${round.selected} reported`, `${formatBytes(round.bytesUp)} up`, `${formatBytes(round.bytesDown)} down`, formatDuration(round.durationMs));
  if (leftMs !== null) parts.push(`about ${formatDuration(leftMs)} left`);
  return parts.join(', ');
}
