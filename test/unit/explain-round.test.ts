import { describe, expect, it } from 'vitest';
import { explainRound } from '../../cli/commands/explain-round.ts';
import type { ParticipationRecord, RoundRecord } from '../../server/storage/store.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { countedUnder, describeFacts, factsOf, reasonCounts } from '../../shared/protocol/decision-facts.ts';

const edge = (n: number) => asEdgeId(`e${String(n).padStart(20, '0')}`);
const round: RoundRecord = {
  round: 7, outcome: 'committed', reason: null, startedAt: 0, endedAt: 1000, baseVersion: 6, version: 7, eligible: 3, selected: 1, reported: 1,
  reasons: { battery: 1500, 'not-drawn': 2 }, bytesUp: 0, bytesDown: 0, phaseMs: {},
};
const UNDRAWN = { assignment: null, status: 'not-drawn', reason: 'not drawn', examples: 5, at: 0, facts: null } as const;
const participation = (n: number, fields: Partial<ParticipationRecord> & { facts?: object }): ParticipationRecord => ({ edge: edge(n), ...UNDRAWN, ...fields });

const CHOSEN = participation(1, { assignment: 'line.7.0', status: 'reported', reason: 'drawn: 1 of 3', facts: { scores: { speed: 0.7, loss: 0.91234 }, score: 0.8061, probability: 1 / 3, draw: 0.25 } });
const LOW = participation(2, { status: 'rejected', reason: 'the battery is at 12 %, at least 50 % is asked', facts: { failed: { criterion: 'battery', value: 0.12, threshold: 0.5 } } });
const UNLUCKY = [3, 4].map((n) => participation(n, { facts: { tier: 2, stratum: 'north', penalties: ['charging ×0.5'] } }));
const ALL = [CHOSEN, LOW, ...UNLUCKY];

describe('what a decision rests on', () => {
  it('is said in words', () => {
    const said = ALL.map((one) => describeFacts(factsOf(one) ?? {}));
    expect(said).toEqual([
      'score 0.8061 (speed 0.7, loss 0.9123), probability 0.3333, draw 0.25',
      'battery: 0.12, asked 0.5',
      'stratum north, tier 2, unknown: charging ×0.5',
      'stratum north, tier 2, unknown: charging ×0.5',
    ]);
    expect(describeFacts({ failed: { criterion: 'charging', value: 'unknown', threshold: true } })).toBe('charging: unknown, asked true');
    expect(describeFacts({ scores: { fairness: 1 }, probability: null })).toBe('fairness 1');
  });

  it('is nothing where nothing was kept, or what was kept is none of it', () => {
    for (const facts of [null, undefined, {}, { more: 1 }, { failed: 'battery' }, 'battery']) expect(factsOf({ facts })).toBeNull();
    expect(factsOf({})).toBeNull();
  });
});

it('counts say how many are not listed, the most frequent first', () => {
  expect(ALL.map(countedUnder)).toEqual([null, 'battery', 'not-drawn', 'not-drawn']);
  expect(reasonCounts(round.reasons, ALL)).toEqual([{ reason: 'battery', count: 1500, beside: 1499 }, { reason: 'not-drawn', count: 2, beside: 0 }]);
  // Records that keep no facts: nobody knows which of them are listed.
  expect(reasonCounts({ battery: 2 }, [participation(2, { status: 'rejected' })])).toEqual([{ reason: 'battery', count: 2, beside: 2 }]);
});

describe('a round explained', () => {
  it('lists each edge, and counts the rest', () => {
    expect(explainRound(round, ALL, null).split('\n')).toEqual([
      'Round 7: 1503 edges were considered, 1 chosen',
      '',
      'EDGE                   STATUS     EXAMPLES  RESTS ON                                                              WHY',
      'e00000000000000000001  reported   5         score 0.8061 (speed 0.7, loss 0.9123), probability 0.3333, draw 0.25  drawn: 1 of 3',
      'e00000000000000000002  rejected   5         battery: 0.12, asked 0.5                                              the battery is at 12 %, at least 50 % is asked',
      'e00000000000000000003  not-drawn  5         stratum north, tier 2, unknown: charging ×0.5                         not drawn',
      'e00000000000000000004  not-drawn  5         stratum north, tier 2, unknown: charging ×0.5                         not drawn',
      '',
      'NOT CHOSEN  EDGES  NOT LISTED ABOVE',
      'battery     1500   1499',
      'not-drawn   2',
    ]);
  });

  it('about one edge has that one alone', () => {
    const text = explainRound(round, ALL, edge(2));
    expect(text).toContain('about e00000000000000000002');
    expect(text.split('\n')).toHaveLength(4);
  });

  it('about an edge that is not there says what that can mean', () => {
    expect(explainRound(round, ALL, edge(9))).toContain('in the counts alone');
    expect(explainRound({ ...round, reasons: { battery: 1, 'not-drawn': 2 } }, ALL, edge(9))).toContain('It was not considered');
    expect(explainRound({ ...round, selected: 0, reasons: {} }, [], null)).toBe('Round 7: 0 edges were considered, 0 chosen\n\nNobody yet.');
  });
});
