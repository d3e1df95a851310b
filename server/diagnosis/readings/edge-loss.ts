/** Edges whose training loss stays far above the others': wrong labels, or examples of another kind. */
import { lowerMedian, median, spread } from '../arithmetic.ts';
import { LEAST_PARTS, type EdgeTrace } from '../history.ts';
import type { Finding, Reading } from '../reading.ts';

const LEAST_EDGES = 5;
/** Times the median of the round. */
const FAR = 2;
const DEVIATIONS = 4;
/** Of the logarithm. */
const LEAST_SPREAD = 0.08;

export const edgeLoss: Reading = {
  name: 'edge-loss',
  summary: 'Edges whose training loss stays far above the others’: wrong labels, or data of another kind',
  needs: { singleEdges: true },
  read({ edges }) {
    // At least half of its reports lie as far off: one round in which all went astray is nobody’s.
    const known = edges.flatMap((trace) => {
      const ratios = trace.parts.flatMap(({ lossRatio }) => (lossRatio === null || lossRatio <= 0 ? [] : [Math.log(lossRatio)]));
      return ratios.length === 0 ? [] : [{ trace, ratios, middle: lowerMedian(ratios) }];
    });
    if (known.length < LEAST_EDGES) return null;
    const middles = known.map(({ middle }) => middle);
    const limit = Math.max(Math.log(FAR), median(middles) + DEVIATIONS * Math.max(LEAST_SPREAD, spread(middles)));
    return known.filter(({ ratios, middle }) => ratios.length >= LEAST_PARTS && middle > limit).map(({ trace, ratios, middle }) => findingOf(trace, ratios, Math.exp(middle)));
  },
};

function findingOf({ edge, parts }: EdgeTrace, ratios: readonly number[], times: number): Finding {
  const reports = parts.filter(({ lossRatio }) => lossRatio !== null);
  const newest = reports[reports.length - 1];
  return {
    subject: edge,
    what: `its training loss is ${times.toFixed(1)} times the others’ median, over ${ratios.length} reports (${(newest.loss ?? 0).toFixed(2)} in its last one)`,
    since: reports[0].round,
    sure: ratios.length >= 3 && ratios.every((ratio) => ratio > Math.log(FAR)) ? 'certain' : 'likely',
    evidence: { 'times the others’ loss': times, 'its last loss': newest.loss ?? 0, reports: ratios.length },
    edges: [edge],
    remedies: ['look at its labels: shuffled, shifted by one, or of another coding', 'look at its inputs: another scale, another unit, empty columns', 'leave it out, if nothing can be done about its data: `murmur edges revoke`'],
    lines: [{ name: 'loss', points: reports.map(({ round, loss }) => [round, loss ?? 0]) }, { name: 'the others’ median', points: reports.map(({ round, loss, lossRatio }) => [round, (loss ?? 0) / (lossRatio ?? 1)]) }],
  };
}
