import { expect, it } from 'vitest';
import { createPeerLines } from '../../cli/peer-lines.ts';
import { MurmurError } from '../../shared/errors.ts';

const turn = (round: number) => ({ type: 'turn', round, loss: 1, examples: 1, merged: [], missed: [] }) as const;
const evaluated = (round: number) => ({ type: 'evaluated', round, loss: 1, accuracy: 1 }) as const;

it('shows a round of each second, with its evaluation', () => {
  let now = 0;
  const { isWorthALine } = createPeerLines({ now: () => now });
  expect([isWorthALine(turn(1)), isWorthALine(evaluated(1))]).toEqual([true, true]);
  now = 999;
  expect([isWorthALine(turn(2)), isWorthALine(evaluated(2))]).toEqual([false, false]);
  now = 1000;
  expect([isWorthALine(turn(3)), isWorthALine(evaluated(3))]).toEqual([true, true]);
});

it('says once that an introducer does not answer, and again when it has been there or answers otherwise', () => {
  const { isWorthALine } = createPeerLines({ now: () => 0 });
  const failed = (message: string) => ({ type: 'introducer-failed', introducer: 'http://a', error: new MurmurError('disconnected', message) }) as const;
  expect([isWorthALine(failed('away')), isWorthALine(failed('away')), isWorthALine(failed('no'))]).toEqual([true, false, true]);
  expect(isWorthALine({ type: 'introduced', introducer: 'http://a', peers: [] })).toBe(true);
  expect(isWorthALine(failed('no'))).toBe(true);
});
