/** Rounds that are aborted again and again for the same reason: the task does not get on, and waiting will not help. */
import type { RoundFacts } from '../history.ts';
import { lineOf, type Finding, type Reading } from '../reading.ts';

/** Rounds that are looked at. */
const WINDOW = 10;
const LEAST = 3;

/** Counts and instants differ from round to round: the reason is the same without them. */
const kindOf = (reason: string): string => reason.replace(/\d+(?:\.\d+)?/g, '#');

export const abortedRounds: Reading = {
  name: 'aborted-rounds',
  summary: 'Rounds that are aborted for the same reason again and again',
  needs: { singleEdges: false },
  read({ rounds }) {
    const last = rounds.slice(-WINDOW);
    const byKind = new Map<string, RoundFacts[]>();
    for (const round of last) {
      if (round.outcome === 'committed' || round.reason === null) continue;
      const kind = kindOf(round.reason);
      byKind.set(kind, [...(byKind.get(kind) ?? []), round]);
    }
    return [...byKind].filter(([, aborted]) => aborted.length >= LEAST).map(([kind, aborted]) => findingOf(kind, aborted, last));
  },
};

function findingOf(kind: string, aborted: readonly RoundFacts[], last: readonly RoundFacts[]): Finding {
  const newest = aborted[aborted.length - 1];
  return {
    subject: kind,
    what: `${aborted.length} of the last ${last.length} rounds were aborted: ${newest.reason}`,
    since: aborted[0].round,
    sure: 'certain',
    evidence: { 'rounds aborted': aborted.length, 'rounds looked at': last.length, 'edges selected in the newest': newest.selected, 'reports in it': newest.reported },
    edges: [],
    remedies: remediesFor(newest.reason ?? ''),
    lines: [lineOf('selected', last, ({ selected }) => selected), lineOf('reported', last, ({ reported }) => reported)],
  };
}

function remediesFor(reason: string): string[] {
  if (reason.includes('the update')) return ['lower algorithm.learningRate by a factor of 10', 'set limits.maxNorm, so that reports which are far too long are refused'];
  if (reason.includes('journal')) return ['look at the free space and the permissions of the coordinator’s data folder'];
  return ['give edges more time: round.reportingSeconds, round.configurationSeconds', 'ask more of them: round.overSelection', 'be content with fewer: round.minimum', '`murmur task show NAME --why` tells what became of each'];
}
