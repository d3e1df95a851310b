/** Rounds to target as the FedAvg paper counts them, on curves worked out by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestSoFar, crossing, resultOf, roundsToTarget, virtualSecondsToTarget } from '../../simulations/run/summary.ts';
import type { RoundLine } from '../../simulations/run/record.ts';

function line(round: number, accuracy: number | null, more: Partial<RoundLine> = {}): RoundLine {
  return {
    type: 'round', round, outcome: 'committed', reason: null, version: round, virtualMs: round * 4000, wallMs: 100, accuracy, loss: accuracy === null ? null : 1 - accuracy, trainLoss: null,
    eligible: 10, selected: 4, reported: 3, bytesUp: 30, bytesDown: 40, phaseMs: {}, reasons: {}, selectedEdges: [], reportedEdges: [], ...more,
  };
}

describe('roundsToTarget', () => {
  it('lies on the straight line between the evaluations before and after', () => {
    // From (2, 0.5) to (3, 0.75), 0.625 is half way.
    expect(roundsToTarget([line(1, 0.25), line(2, 0.5), line(3, 0.75), line(4, 0.875)], 0.625)).toBe(2.5);
  });

  it('goes by the best value so far', () => {
    // The curve is 0.5, 0.75, 0.75, 0.875: the dip at 3 counts as 0.75, and 0.8125 is half way between 3 and 4.
    expect(roundsToTarget([line(1, 0.5), line(2, 0.75), line(3, 0.25), line(4, 0.875)], 0.8125)).toBe(3.5);
  });

  it('passes over rounds that were not evaluated, and counts them', () => {
    // From (2, 0.5) to (6, 0.75): 0.625 is at 4.
    expect(roundsToTarget([line(2, 0.5), line(3, null), line(4, null), line(5, null), line(6, 0.75)], 0.625)).toBe(4);
  });

  it('is the round itself where that reaches the target exactly, and the first one where that is enough', () => {
    expect(roundsToTarget([line(1, 0.25), line(2, 0.5), line(3, 0.75)], 0.5)).toBe(2);
    expect(roundsToTarget([line(5, 0.75), line(6, 0.875)], 0.5)).toBe(5);
  });

  it('is null where the target was never reached, or is none', () => {
    expect(roundsToTarget([line(1, 0.25), line(2, 0.5)], 0.75)).toBeNull();
    expect(roundsToTarget([], 0.75)).toBeNull();
    expect(roundsToTarget([line(1, null)], 0)).toBeNull();
    expect(roundsToTarget([line(1, 0.9)], null)).toBeNull();
  });
});

it('virtualSecondsToTarget interpolates between the ends of rounds', () => {
  // Rounds end at 3 s and 7 s; half way is 5 s.
  expect(virtualSecondsToTarget([line(1, 0.5, { virtualMs: 3000 }), line(2, 0.75, { virtualMs: 7000 })], 0.625)).toBe(5);
});

it('a curve reaches its target where its best values do, between the neighbours of the first that does', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, target) => {
      const points = values.map((y, x) => ({ x, y }));
      const at = crossing(points, target);
      const first = values.findIndex((y) => y >= target);
      expect(at === null).toBe(first < 0);
      if (at === null) return;
      expect(at).toBeGreaterThanOrEqual(Math.max(0, first - 1));
      expect(at).toBeLessThanOrEqual(first);
      expect(crossing(bestSoFar(points), target)).toBe(at);
    }),
  );
});

describe('resultOf', () => {
  it('sums what was sent, and takes the last values that are there', () => {
    const rounds = [line(1, 0.5), line(2, 0.75), line(3, null, { outcome: 'aborted', reason: 'deadline', version: null, bytesUp: 10 })];
    expect(resultOf({ scenario: 's', seed: 4, target: 0.625 }, rounds, { wallSeconds: 2, digest: 'ab' })).toEqual({
      type: 'result', scenario: 's', seed: 4, rounds: 3, roundsToTarget: 1.5, target: 0.625, accuracy: 0.75, loss: 0.25, bytesUp: 70, bytesDown: 120,
      virtualSeconds: 12, virtualSecondsToTarget: 6, wallSeconds: 2, digest: 'ab',
    });
  });

  it('is there without a round', () => {
    expect(resultOf({ scenario: 's', seed: 4, target: 0.9 }, [], { wallSeconds: 0, digest: 'ab' })).toMatchObject({ rounds: 0, roundsToTarget: null, accuracy: null, loss: null, bytesUp: 0, virtualSeconds: 0 });
  });
});
