/** Edges whose updates are far longer than the others': one of them can outweigh all the rest. */
import { mean, lowerMedian, median, spread } from '../arithmetic.ts';
import { LEAST_PARTS, type EdgeTrace } from '../history.ts';
import type { Finding, Reading } from '../reading.ts';

const LEAST_EDGES = 5;
/** Times the median, examples allowed for. */
const FAR = 2.5;
const DEVIATIONS = 5;
/** Of the logarithm: lengths differ by a tenth wherever edges differ at all. */
const LEAST_SPREAD = 0.1;

export const edgeLength: Reading = {
  name: 'edge-length',
  summary: 'Edges whose updates are far longer than the others’',
  needs: { singleEdges: true },
  read({ edges }) {
    // At least half of its reports lie as far off: one round in which all went astray is nobody’s.
    const known = edges.flatMap((trace) => {
      const ratios = trace.parts.flatMap(({ lengthRatio }) => (lengthRatio === null || lengthRatio <= 0 ? [] : [Math.log(lengthRatio)]));
      return ratios.length === 0 ? [] : [{ trace, ratios, middle: lowerMedian(ratios) }];
    });
    if (known.length < LEAST_EDGES) return null;
    const middles = known.map(({ middle }) => middle);
    const limit = Math.max(Math.log(FAR), median(middles) + DEVIATIONS * Math.max(LEAST_SPREAD, spread(middles)));
    return known.filter(({ ratios, middle }) => ratios.length >= LEAST_PARTS && middle > limit).map(({ trace, ratios, middle }) => findingOf(trace, ratios, Math.exp(middle)));
  },
};

function findingOf({ edge, parts }: EdgeTrace, ratios: readonly number[], times: number): Finding {
  const reports = parts.filter(({ lengthRatio }) => lengthRatio !== null);
  const norms = reports.flatMap(({ norm }) => (norm === null ? [] : [norm]));
  return {
    subject: edge,
    what: `its updates are ${times.toFixed(1)} times as long as the others’, over ${ratios.length} reports, and no larger number of examples explains it`,
    since: reports[0].round,
    sure: ratios.length >= 3 && ratios.every((ratio) => ratio > Math.log(FAR)) ? 'certain' : 'likely',
    evidence: { 'times the others’ length': times, 'mean length': mean(norms), reports: ratios.length },
    edges: [edge],
    remedies: ['bound the length of a report: limits.maxNorm', 'aggregate by a robust rule', 'look whether its data have values far out of range, or its program trains longer than it is told'],
    lines: [{ name: 'times the others’ length', points: reports.map(({ round, lengthRatio }) => [round, lengthRatio ?? 0]) }],
  };
}
