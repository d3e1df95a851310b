import { expect, it } from 'vitest';
import { readRound, rowsOf, sortRows, type SortKey } from '../../server/dashboard/round-decisions.ts';

const one = (edge: string, status: string, examples: number | null, facts: unknown) => ({ edge, status, examples, facts, assignment: null, reason: `of ${edge}`, at: 0 });
const ANSWER = {
  round: { round: 3, selected: 1, reasons: { battery: 2 }, phaseMs: {} },
  participations: [
    one('b', 'rejected', 20, { failed: { criterion: 'battery', value: 0.5, threshold: 0.6 } }),
    one('a', 'reported', null, { score: 0.9 }),
    one('c', 'rejected', 3, { failed: { criterion: 'battery', value: 0.125, threshold: 0.6 } }),
    one('d', 'not-drawn', 100, null),
    one('e', 'not-drawn', 100, { score: 0.1 }),
  ],
};

const noName = (): string => '';

it('rows say what each decision rests on', () => {
  const shown = readRound(ANSWER);
  expect(shown && rowsOf(shown, noName).map(({ restsOn, measure }) => [restsOn, measure])).toEqual([
    ['battery: 0.5, asked 0.6', 0.5], ['score 0.9', 0.9], ['battery: 0.125, asked 0.6', 0.125], ['', null], ['score 0.1', 0.1],
  ]);
});

it.each<[SortKey, boolean, string]>([
  ['edge', false, 'abcde'],
  ['edge', true, 'edcba'],
  ['status', false, 'debca'],
  ['examples', false, 'cbdea'],
  // What is not known stays last.
  ['examples', true, 'debca'],
  ['restsOn', false, 'dcbea'],
  ['restsOn', true, 'aebcd'],
])('sorted by %s, descending %s: %s', (by, descending, expected) => {
  const shown = readRound(ANSWER);
  expect(shown && sortRows(rowsOf(shown, noName), { by, descending }).map(({ edge }) => edge).join('')).toBe(expected);
});

it('edges that are known by name come by it, as one counts, before those that are not', () => {
  const shown = readRound(ANSWER);
  const names = new Map([['a', 'agent-10'], ['b', 'agent-9'], ['d', 'agent-1']]);
  const edges = (descending: boolean): string | null => shown && sortRows(rowsOf(shown, (edge) => names.get(edge) ?? ''), { by: 'edge', descending }).map(({ edge }) => edge).join('');
  expect(edges(false)).toBe('dbace');
  expect(edges(true)).toBe('abdec');
});

it('what is no round is none', () => {
  for (const answer of [null, {}, { round: null, participations: [] }, { ...ANSWER, participations: [{}] }]) expect(readRound(answer)).toBeNull();
});
