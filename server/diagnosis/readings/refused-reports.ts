/** Reports that are refused: of the edges that send them nothing counts, however hard they work. */
import type { EdgePart } from '../history.ts';
import type { EdgeId } from '../../../shared/ids.ts';
import type { Finding, Reading } from '../reading.ts';

/** Rounds that are looked at. */
const WINDOW = 10;
const LEAST = 2;

const REMEDIES: Readonly<Record<string, readonly string[]>> = {
  not_finite: ['lower algorithm.learningRate: local training runs away', 'look for values in these edges’ data that are far out of range, or a column that is not standardised'],
  norm_too_large: ['raise limits.maxNorm if these edges are right to go that far', 'lower algorithm.learningRate, epochs or steps', 'find out what these edges hold that the others do not'],
  bad_layout: ['update these edges: they train another model than the task’s'],
  bad_weight: ['raise limits.maxWeight, or have these edges hold fewer examples'],
  out_of_range: ['update these edges: what they count cannot be'],
};

export const refusedReports: Reading = {
  name: 'refused-reports',
  summary: 'Reports that are refused: not finite, too long, of another layout',
  needs: { singleEdges: false },
  read({ rounds, edges }) {
    const from = rounds.at(-WINDOW)?.round ?? 0;
    const byCode = new Map<string, { readonly edge: EdgeId; readonly part: EdgePart }[]>();
    for (const { edge, parts } of edges) {
      for (const part of parts) if (part.refusal !== null && part.round >= from) byCode.set(part.refusal, [...(byCode.get(part.refusal) ?? []), { edge, part }]);
    }
    return [...byCode].filter(([, refused]) => refused.length >= LEAST).map(([code, refused]): Finding => {
      const who = [...new Set(refused.map(({ edge }) => edge))];
      return {
        subject: code,
        what: `${refused.length} reports of ${who.length === 1 ? 'one edge' : `${who.length} edges`} were refused in the last ${Math.min(WINDOW, rounds.length)} rounds: ${code}`,
        since: Math.min(...refused.map(({ part }) => part.round)),
        sure: 'certain',
        evidence: { 'reports refused': refused.length, edges: who.length, 'reports that counted': rounds.slice(-WINDOW).reduce((sum, { reported }) => sum + reported, 0) },
        edges: who,
        remedies: REMEDIES[code] ?? ['look at what these edges say: each refusal names what is wrong'],
        lines: [],
      };
    });
  },
};
