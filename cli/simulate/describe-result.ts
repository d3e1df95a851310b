/** What came of a run, for people. */
import { formatBytes, formatDuration, formatPercent } from '../../shared/format.ts';
import { describeResult as describeFound } from '../describe-task-result.ts';
import type { GossipResult, ResultLine } from '../../simulations/run/record.ts';

export function describeResult(result: ResultLine, path: string | null): string {
  const { gossip, target, roundsToTarget, virtualSecondsToTarget, found } = result;
  const reached = roundsToTarget === null ? 'not reached' : `after ${roundsToTarget.toFixed(1)} rounds, ${formatDuration(1000 * (virtualSecondsToTarget ?? 0))} of virtual time`;
  const rows: (readonly [string, string])[] = [
    ['rounds', String(result.rounds)],
    ...(target === null ? [] : [[`target ${formatPercent(target)}`, reached] as const]),
    ...(found === undefined ? [[gossip === undefined ? 'accuracy' : 'mean accuracy', `${formatPercent(result.accuracy)}${result.loss === null ? '' : `, loss ${result.loss.toFixed(4)}`}`] as const] : []),
    ...(gossip === undefined ? [] : ofPeers(gossip)),
    ['bytes', gossip === undefined ? `${formatBytes(result.bytesUp)} up, ${formatBytes(result.bytesDown)} down` : `${formatBytes(gossip.bytesPerPeer)} sent a peer, ${formatBytes(result.bytesUp)} in all`],
    ['virtual time', formatDuration(1000 * result.virtualSeconds)],
    ['wall time', `${result.wallSeconds.toFixed(1)} s`],
    ['digest', result.digest],
    ...(path === null ? [] : [['kept in', `${path} (report.html, rounds.jsonl, tensorboard/)`] as const]),
  ];
  const lines = rows.map(([label, value]) => `${label.padEnd(16)} ${value}`).join('\n');
  return found === undefined ? lines : `${describeFound(found)}\n\n${lines}`;
}

function ofPeers({ peers, worst, accuracyOfMean, consensus }: GossipResult): (readonly [string, string])[] {
  return [
    ['worst peer', worst === null ? 'not judged' : `${formatPercent(worst)} of ${peers} peers`],
    ['mean of models', formatPercent(accuracyOfMean)],
    ['consensus', `distance ${consensus.toPrecision(3)}`],
  ];
}
