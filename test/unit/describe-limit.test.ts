import { expect, it } from 'vitest';
import { describeLimit, describeRoundNumber } from '../../shared/protocol/describe-limit.ts';

const at = (round: number, version: number, phase: 'reporting' | null = 'reporting', maxRounds: number | null = 10) => ({ round, version, phase, maxRounds });

it('counts up to the limit while every round is committed', () => {
  expect(describeRoundNumber(at(3, 2))).toBe('3 of at most 10');
  expect(describeRoundNumber(at(10, 10, null))).toBe('10 of at most 10');
});

it('tells the committed ones where a round was aborted, whose number may go beyond the limit', () => {
  expect(describeRoundNumber(at(4, 2))).toBe('4, 2 of 10 committed');
  expect(describeRoundNumber(at(12, 10, null))).toBe('12, 10 of 10 committed');
  expect(describeLimit(at(12, 10, null))).toBe('10 of 10 committed');
});

it('says no more than the number where there is no limit', () => {
  expect(describeRoundNumber(at(7, 2, null, null))).toBe('7');
  expect(describeLimit(at(7, 2, null, null))).toBeNull();
});
