/** Edges whose updates are far longer than the others': one of them can outweigh all the rest. */
import { mean } from '../arithmetic.ts';
import { edgesFarOff, surenessOf, type FarOff } from '../far-off.ts';
import type { Finding, Reading } from '../reading.ts';

/** Examples allowed for; lengths differ by a tenth wherever edges differ at all. */
const LIMITS = { far: 2.5, deviations: 5, leastSpread: 0.1 } as const;

export const edgeLength: Reading = {
  name: 'edge-length',
  summary: 'Edges whose updates are far longer than the others’',
  needs: { singleEdges: true },
  read({ edges }) {
    return edgesFarOff(edges, ({ lengthRatio }) => lengthRatio, LIMITS)?.map(findingOf) ?? null;
  },
};

function findingOf({ trace: { edge, parts }, ratios, times }: FarOff): Finding {
  const reports = parts.filter(({ lengthRatio }) => lengthRatio !== null);
  const norms = reports.flatMap(({ norm }) => (norm === null ? [] : [norm]));
  return {
    subject: edge,
    what: `its updates are ${times.toFixed(1)} times as long as the others’, over ${ratios.length} reports, and no larger number of examples explains it`,
    since: reports[0].round,
    sure: surenessOf(ratios, LIMITS.far),
    evidence: { 'times the others’ length': times, 'mean length': mean(norms), reports: ratios.length },
    edges: [edge],
    remedies: ['bound the length of a report: limits.maxNorm', 'aggregate by a robust rule', 'look whether its data have values far out of range, or its program trains longer than it is told'],
    lines: [{ name: 'times the others’ length', points: reports.map(({ round, lengthRatio }) => [round, lengthRatio ?? 0]) }],
  };
}
