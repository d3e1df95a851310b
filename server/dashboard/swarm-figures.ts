/** The big figures of a swarm. */
import { formatBytes, formatCount, formatDistance, formatLoss, formatPercent } from '../../shared/format.ts';
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import type { LivePeer } from '../../shared/protocol/live-swarm.ts';
import { byId } from './dom.ts';
import { createFigureBoxes, type FigureSpec } from './figure-boxes.ts';
import { accuraciesOf } from '../../shared/protocol/swarm-history.ts';
import { nameOf, roundsPerMinute, type SwarmState } from '../../shared/protocol/swarm-state.ts';

interface Facts {
  readonly task: LiveTask;
  readonly swarm: SwarmState;
}

function meanOf(peers: readonly LivePeer[], field: 'round' | 'loss' | 'trainLoss'): number | null {
  const values = peers.flatMap((peer) => peer[field] ?? []);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

const sumOf = (peers: readonly LivePeer[], field: 'bytesSent' | 'bytesReceived'): number => peers.reduce((sum, peer) => sum + (peer[field] ?? 0), 0);

function distanceToTarget({ task, swarm }: Facts): string {
  const { mean, evaluated } = accuraciesOf(swarm.live);
  if (mean === null) return 'no peer has evaluated yet';
  const over = `mean of ${formatCount(evaluated)} ${evaluated === 1 ? 'peer' : 'peers'}`;
  const target = task.targetAccuracy;
  if (target === null) return `${over}, held-out examples`;
  return mean >= target ? `${over}, target ${formatPercent(target)} reached` : `${over}, ${(100 * (target - mean)).toFixed(2)} points to ${formatPercent(target)}`;
}

const FIGURES: readonly FigureSpec<Facts>[] = [
  {
    id: 'accuracy',
    label: 'Accuracy of the peers',
    value: ({ swarm }) => formatPercent(accuraciesOf(swarm.live).mean),
    aside: distanceToTarget,
    more: ({ swarm }) => {
      const { worst } = accuraciesOf(swarm.live);
      return worst === null ? 'each on its own held-out examples' : `worst ${formatPercent(worst.accuracy)}, ${nameOf(worst)}`;
    },
    meter: ({ task, swarm }) => ({ share: accuraciesOf(swarm.live).mean ?? 0, mark: task.targetAccuracy }),
  },
  {
    id: 'agreement',
    label: 'Consensus distance',
    value: ({ swarm }) => formatDistance(swarm.live.consensusDistance),
    aside: () => 'of the peers’ models to their mean, RMS',
    more: ({ swarm }) => (swarm.live.measured < 2 ? 'needs two peers' : `by sketches of ${formatCount(swarm.live.measured)} models, ± 9 %`),
  },
  {
    id: 'peers',
    label: 'Peers',
    value: ({ swarm }) => formatCount(swarm.live.peersInAll),
    aside: ({ swarm }) => {
      const tabs = swarm.live.peers.filter(({ platform }) => platform === 'browser').length;
      return tabs === 0 ? 'as seen from here' : `${formatCount(tabs)} ${tabs === 1 ? 'browser tab' : 'browser tabs'}`;
    },
  },
  {
    id: 'links',
    label: 'Links',
    value: ({ swarm }) => formatCount(swarm.live.links.length),
    aside: ({ swarm }) => {
      const relayed = swarm.live.links.filter(({ kind }) => kind === 'relay').length;
      return relayed === 0 ? 'all direct' : `${formatCount(relayed)} relayed`;
    },
  },
  {
    id: 'round',
    label: 'Round',
    value: ({ swarm }) => formatCount(meanOf(swarm.live.peers, 'round')),
    aside: ({ swarm }) => {
      const rounds = swarm.live.peers.map(({ round }) => round);
      return rounds.length === 0 ? 'nobody is here' : `between ${formatCount(Math.min(...rounds))} and ${formatCount(Math.max(...rounds))}`;
    },
  },
  { id: 'pace', label: 'Rounds a minute', value: ({ swarm }) => roundsPerMinute(swarm.history)?.toFixed(1) ?? '–', aside: () => 'a peer, by the last minute' },
  { id: 'loss', label: 'Loss', value: ({ swarm }) => formatLoss(meanOf(swarm.live.peers, 'loss')), aside: ({ swarm }) => `training ${formatLoss(meanOf(swarm.live.peers, 'trainLoss'))}` },
  { id: 'exchanged', label: 'Sent between peers', value: ({ swarm }) => formatBytes(sumOf(swarm.live.peers, 'bytesSent')), aside: ({ swarm }) => `${formatBytes(sumOf(swarm.live.peers, 'bytesReceived'))} received` },
];

export const createSwarmFigures = (): ((facts: Facts) => void) => createFigureBoxes(byId('swarm-figures', HTMLElement), FIGURES);
