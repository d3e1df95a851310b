/** The line that is shown while a simulation runs. */
import { describe, expect, it } from 'vitest';
import { formatGuess, progressLine, progressOf } from '../../simulations/run/progress.ts';
import type { RoundLine } from '../../simulations/run/record.ts';
import { sampleRecord } from '../helpers/sample-record.ts';

const [any] = sampleRecord({ rounds: 1 }).rounds;
/** An error of 1/round: the target of 0.99 is at round 100, whichever points are continued. */
const rounds = (count: number): RoundLine[] => Array.from({ length: count }, (_, i) => ({ ...any, round: i + 1, outcome: 'committed', accuracy: 1 - 1 / (i + 1), virtualMs: 20_000 * (i + 1), wallMs: i % 2 === 0 ? 180 : 200 }));

describe('progressOf', () => {
  it('continues the curve to the target', () => {
    const progress = progressOf({ target: 0.99 }, rounds(36), { maxRounds: null });
    // Of the last 15 rounds, 22 to 36, eight took 200 ms. 64 rounds are left.
    expect(progress).toEqual({ round: 36, accuracy: 1 - 1 / 36, target: 0.99, reached: false, roundMs: 200, virtualMs: 720_000, aborted: 0, leftMs: 64 * 200 });
  });

  it('ends at the last round where that comes first', () => {
    expect(progressOf({ target: 0.99 }, rounds(36), { maxRounds: 40 }).leftMs).toBe(4 * 200);
    expect(progressOf({ target: null }, rounds(36), { maxRounds: 40 }).leftMs).toBe(4 * 200);
  });

  it('knows nothing of the end before there is something to go by, or where nothing is learned', () => {
    expect(progressOf({ target: 0.99 }, rounds(3), { maxRounds: null }).leftMs).toBeNull();
    // A bound of rounds is no guess where a target may end the run long before.
    expect(progressOf({ target: 0.99 }, rounds(3), { maxRounds: 200 }).leftMs).toBeNull();
    expect(progressOf({ target: 0.99 }, rounds(36).map((line) => ({ ...line, accuracy: 0.1 })), { maxRounds: null }).leftMs).toBeNull();
    // 0.99 from round 4 would be at 100, more than ten times as far.
    expect(progressOf({ target: 0.99 }, rounds(5), { maxRounds: null }).leftMs).toBeNull();
    expect(progressOf({ target: null }, rounds(36), { maxRounds: null }).leftMs).toBeNull();
    expect(progressOf({ target: 0.9 }, [], { maxRounds: null })).toEqual({ round: 0, accuracy: null, target: 0.9, reached: false, roundMs: null, virtualMs: 0, aborted: 0, leftMs: null });
  });

  it('shows the best so far, and says when the target is reached', () => {
    const lines = rounds(12).map((line) => (line.round === 12 ? { ...line, accuracy: 0.5 } : line.round === 11 ? { ...line, accuracy: null, outcome: 'aborted' as const } : line));
    expect(progressOf({ target: 0.9 }, lines, { maxRounds: 20 })).toMatchObject({ accuracy: 0.9, reached: true, aborted: 1, leftMs: 0 });
  });
});

describe('progressLine', () => {
  it('reads as a line', () => {
    expect(progressLine({ round: 37, accuracy: 0.9612, target: 0.97, reached: false, roundMs: 180, virtualMs: 720_000, aborted: 0, leftMs: 19_000 })).toBe('Round 37 · 96.1 % (target 97 %) · 0.18 s a round · 12 min of virtual time · about 20 s left');
    expect(progressLine({ round: 9, accuracy: 0.9712, target: 0.97, reached: true, roundMs: 12_000, virtualMs: 725_000, aborted: 2, leftMs: 0 })).toBe('Round 9 · 97.1 % (target 97 %, reached) · 12 s a round · 12 min 05 s of virtual time · 2 aborted');
    expect(progressLine({ round: 1, accuracy: null, target: 0.975, reached: false, roundMs: 2345, virtualMs: 3_600_000, aborted: 0, leftMs: null })).toBe('Round 1 · 2.3 s a round · 1 h of virtual time');
    expect(progressLine({ round: 0, accuracy: null, target: null, reached: false, roundMs: null, virtualMs: 0, aborted: 0, leftMs: null })).toBe('Starting …');
  });

  it('guesses no closer than it knows', () => {
    expect([1000, 17_400, 56_000, 58_000, 90_000, 3_590_000, 3_900_000, 100_000_000].map(formatGuess)).toEqual(['a few seconds', 'about 15 s', 'about 55 s', 'about 1 min', 'about 2 min', 'about 1 h 00 min', 'about 1 h 05 min', 'about 1 d']);
  });
});
