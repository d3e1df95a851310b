/** One run's rounds in gossip mode: how well its peers do, how far they are apart, and what they sent. */
import { roundsToShrink } from '../../../shared/topology/spectral-gap.ts';
import type { RunRecord } from '../../run/read-record.ts';
import type { GossipRound, GossipRun, RoundLine } from '../../run/record.ts';
import type { Point } from '../../run/summary.ts';
import { figure } from '../figure.ts';
import { bytesAxis, countAxis, logAxis, percentAxis, roundAxis } from '../plots/axis.ts';
import { line, lines } from '../plots/marks.ts';
import { drawPlot } from '../plots/plot.ts';
import { extentOf, niceDomain } from '../plots/scale.ts';
import { cumulated } from './traffic.ts';

/** `spectral gap 0.2764: a distance shrinks to a tenth in 8 rounds`. */
export function agreementText({ contraction }: GossipRun): string {
  if (contraction === null) return 'unknown: no graph was given';
  const rounds = roundsToShrink({ contraction, gap: 1 - contraction }, 0.1);
  return `${(1 - contraction).toPrecision(3)}: ${rounds === Infinity ? 'peers need not come to agree' : `mixing alone brings peers to a tenth of their distance in ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`}`;
}

type Value = (round: GossipRound, line: RoundLine) => number | null;

function along(rounds: readonly RoundLine[], value: Value): readonly Point[] {
  return rounds.flatMap((round) => {
    const y = round.gossip === undefined ? null : value(round.gossip, round);
    return y === null ? [] : [{ x: round.round, y }];
  });
}

export function gossipSection({ run, rounds }: RunRecord): string {
  const x = roundAxis(rounds.at(-1)?.round ?? 0);
  const mean = along(rounds, (_, { accuracy }) => accuracy);
  const worst = along(rounds, (round) => round.worst);
  const distances = along(rounds, ({ consensus }) => (consensus > 0 ? consensus : null));
  const sent = cumulated(rounds, ({ bytesUp }) => bytesUp / Math.max(1, run.edges.length));
  const judged = Math.max(0, ...rounds.map(({ gossip }) => gossip?.judged ?? 0));
  const [least, most] = extentOf([...mean, ...worst].map(({ y }) => y));
  const events = ([['letters missed', 'c2', ({ missed }: GossipRound) => missed], ['peers that came', 'c4', ({ came }: GossipRound) => came], ['peers that left', 'c5', ({ left }: GossipRound) => left]] as const)
    // All came at the beginning.
    .map(([label, color, value]) => ({ label, color, points: along(rounds.filter(({ round }) => round > 1), value) }));
  const shrinking = run.gossip === undefined ? '' : ` Spectral gap ${agreementText(run.gossip)}.`;
  return [
    ...(mean.length === 0 ? [] : [figure({
      title: 'Accuracy of the peers', note: `Each peer’s own model on held-out examples: a sample of the peers, and of ${judged} after the last round.`, legend: [{ label: 'mean', color: 'c1' }, { label: 'worst', color: 'c2' }],
      draw: (size) => drawPlot(size, 'Accuracy of the peers by round', x, percentAxis(niceDomain([Math.max(least, 1 - 10 * (1 - most)), most], 5), 'accuracy'), [lines([{ points: worst, color: 'c2' }, { points: mean, color: 'c1' }])]),
    })]),
    ...(distances.length === 0 ? [] : [figure({
      title: 'Consensus distance', note: `Root mean square of the distances of the peers’ models to their mean, as each ended its round.${shrinking}`,
      draw: (size) => drawPlot(size, 'Consensus distance by round', x, logAxis(extentOf(distances.map(({ y }) => y)), 'distance'), [line(distances.map((point) => ({ x: point.x, y: Math.log10(point.y) })), 'c3')]),
    })]),
    figure({ title: 'Bytes sent by a peer', note: 'In all, the mean over the peers.', draw: (size) => drawPlot(size, 'Bytes sent by a peer by round', x, bytesAxis(sent.at(-1)?.y ?? 0, 'bytes'), [line(sent, 'c1')]) }),
    ...(events.every(({ points }) => points.every(({ y }) => y === 0)) ? [] : [figure({
      title: 'What went wrong', note: 'Letters that were waited for in vain, and peers that came and left since the round before.', legend: events.map(({ label, color }) => ({ label, color })),
      draw: (size) => drawPlot(size, 'What went wrong by round', x, countAxis(Math.max(0, ...events.flatMap(({ points }) => points.map(({ y }) => y))), 'in the round'), [lines(events)]),
    })]),
  ].join('');
}
