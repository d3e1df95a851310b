/** Edges whose training loss stays far above the others': wrong labels, or examples of another kind. */
import { edgesFarOff, surenessOf, type FarOff } from '../far-off.ts';
import type { Finding, Reading } from '../reading.ts';

const LIMITS = { far: 2, deviations: 4, leastSpread: 0.08 } as const;

export const edgeLoss: Reading = {
  name: 'edge-loss',
  summary: 'Edges whose training loss stays far above the others’: wrong labels, or data of another kind',
  needs: { singleEdges: true },
  read({ edges }) {
    return edgesFarOff(edges, ({ lossRatio }) => lossRatio, LIMITS)?.map(findingOf) ?? null;
  },
};

function findingOf({ trace: { edge, parts }, ratios, times }: FarOff): Finding {
  const reports = parts.filter(({ lossRatio }) => lossRatio !== null);
  const newest = reports[reports.length - 1];
  return {
    subject: edge,
    what: `its training loss is ${times.toFixed(1)} times the others’ median, over ${ratios.length} reports (${(newest.loss ?? 0).toFixed(2)} in its last one)`,
    since: reports[0].round,
    sure: surenessOf(ratios, LIMITS.far),
    evidence: { 'times the others’ loss': times, 'its last loss': newest.loss ?? 0, reports: ratios.length },
    edges: [edge],
    remedies: ['look at its labels: shuffled, shifted by one, or of another coding', 'look at its inputs: another scale, another unit, empty columns', 'leave it out, if nothing can be done about its data: `murmur edges revoke EDGE`'],
    lines: [{ name: 'loss', points: reports.map(({ round, loss }) => [round, loss ?? 0]) }, { name: 'the others’ median', points: reports.map(({ round, loss, lossRatio }) => [round, (loss ?? 0) / (lossRatio ?? 1)]) }],
  };
}
