/** Edges that are asked again and again and never finish, while others do. */
import { PARTS_KEPT, type EdgePart, type EdgeTrace } from '../history.ts';
import type { Finding, Reading } from '../reading.ts';

const LEAST = 3;
/** So many failures in a row are no accident where others fail so rarely. */
const UNLIKELY = 0.005;

/** An owner who declines does what he may; whose report was refused did finish. */
const counts = ({ status }: EdgePart): boolean => status === 'reported' || status === 'lost' || status === 'released';

export const neverReports: Reading = {
  name: 'never-reports',
  summary: 'Edges that are asked again and again and never finish',
  // What became of an assignment is on record, whatever was in a report.
  needs: { singleEdges: false },
  read({ edges }) {
    const traces = edges.map((trace) => ({ ...trace, parts: trace.parts.filter(counts) })).filter(({ parts }) => parts.length > 0);
    const asked = traces.reduce((sum, { parts }) => sum + parts.length, 0);
    const finished = traces.reduce((sum, { parts }) => sum + parts.filter(({ status }) => status === 'reported').length, 0);
    return traces.flatMap((trace) => findingOf(trace, asked, finished));
  },
};

function findingOf({ edge, parts }: EdgeTrace, asked: number, finished: number): Finding[] {
  const inARow = parts.length - 1 - parts.findLastIndex(({ status }) => status === 'reported');
  // The others' share: its own failures must not excuse it.
  const others = finished / Math.max(1, asked - inARow);
  const chance = (1 - others) ** inARow;
  if (inARow < LEAST || chance > UNLIKELY) return [];
  const last = parts.slice(-inARow);
  const overtaken = last.filter(({ status }) => status === 'released').length;
  return [
    {
      subject: edge,
      what: `asked ${inARow} times in a row, it never reported${inARow === PARTS_KEPT ? ' (longer is not kept)' : ''}; the others finish ${Math.round(100 * others)} % of their assignments`,
      since: last[0].round,
      sure: chance < UNLIKELY / 10 ? 'certain' : 'likely',
      evidence: { 'asked in a row without a report': inARow, 'of these, rounds that closed without it': overtaken, 'share that the others finish': others },
      edges: [edge],
      remedies: [
        ...(overtaken > inARow / 2 ? ['it is slower than the rest: raise round.goal to what is asked, or ask it for less work (algorithm.steps instead of epochs)'] : []),
        'raise round.reportingSeconds, if it would finish later',
        'select by speed or reliability: selection.criteria.speed, the score reliability',
        'see whether its process still runs, and what it says',
      ],
      lines: [],
    },
  ];
}
