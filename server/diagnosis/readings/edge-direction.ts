/** Edges whose updates point away from the rest: flipped, poisoned, or learned from data that say the opposite. */
import { median, spread, upperMedian } from '../arithmetic.ts';
import { LEAST_PARTS, type EdgeTrace } from '../history.ts';
import type { Finding, Reading } from '../reading.ts';

const LEAST_EDGES = 5;
/** Mean cosine to the others' direction: what is nothing in common on the average stays above this. */
const AWAY = -0.1;
/** The same of two reports: among edges of unlike data that many point away by accident. */
const FAR_AWAY = -0.3;
const SEVERAL = 3;
/** Robust deviations below what is usual among the edges. */
const DEVIATIONS = 4;
/** A sketch's own error in a cosine: edges that seem more alike than this are not. */
const LEAST_SPREAD = 0.06;

export const edgeDirection: Reading = {
  name: 'edge-direction',
  summary: 'Edges whose updates point away from the others’',
  needs: { singleEdges: true },
  read({ edges }) {
    const known = edges.flatMap((trace) => {
      const cosines = trace.parts.flatMap(({ cosine }) => (cosine === null ? [] : [cosine]));
      return cosines.length === 0 ? [] : [{ trace, cosines, middle: upperMedian(cosines) }];
    });
    if (known.length < LEAST_EDGES) return null;
    const middles = known.map(({ middle }) => middle);
    const usual = median(middles);
    const apart = Math.max(LEAST_SPREAD, spread(middles));
    return known.filter(({ cosines, middle }) => cosines.length >= LEAST_PARTS && middle < (cosines.length < SEVERAL ? FAR_AWAY : AWAY) && middle < usual - DEVIATIONS * apart).map(({ trace, cosines, middle }) => findingOf(trace, cosines, middle, usual, apart));
  },
};

function findingOf({ edge, parts }: EdgeTrace, cosines: readonly number[], middle: number, usual: number, apart: number): Finding {
  const reports = parts.filter(({ cosine }) => cosine !== null);
  return {
    subject: edge,
    what: `its updates point away from the others’: a cosine of ${middle.toFixed(2)} to their mean direction over ${cosines.length} reports, where ${usual.toFixed(2)} is usual`,
    since: reports[0].round,
    sure: cosines.length >= SEVERAL && cosines.every((value) => value < AWAY) ? 'certain' : 'likely',
    evidence: { 'cosine to the others': middle, 'the edges’ median': usual, 'deviations below it': (usual - middle) / apart, reports: cosines.length },
    edges: [edge],
    remedies: ['look at its data and its program: a flipped sign, labels that mean something else', 'aggregate by a robust rule, or bound the norm (limits.maxNorm)', 'revoke it if its owner cannot explain it: `murmur edges revoke EDGE`'],
    lines: [{ name: 'cosine to the others', points: reports.map(({ round, cosine }) => [round, cosine ?? 0]) }],
  };
}
