import { describe, expect, it } from 'vitest';
import { LearningRate, rateAt } from '../../shared/algorithms/learning-rate.ts';

const over = (setting: unknown, rounds: readonly number[]): number[] => {
  const rate = LearningRate.parse(setting);
  return rounds.map((round) => rateAt(rate, round));
};

describe('learning rates by round', () => {
  it('stay what they are where they are one number, 0 among them', () => {
    expect(over(0.1, [1, 2, 1000])).toEqual([0.1, 0.1, 0.1]);
    expect(over(0, [1])).toEqual([0]);
    expect(over({ schedule: 'constant', initial: 0.5 }, [1, 7])).toEqual([0.5, 0.5]);
  });

  it('fall in steps', () => {
    expect(over({ schedule: 'step', initial: 8, every: 3, factor: 0.5 }, [1, 2, 3, 4, 6, 7])).toEqual([8, 8, 8, 4, 4, 2]);
    expect(over({ schedule: 'step', initial: 1, every: 1 }, [2])).toEqual([0.1]);
  });

  it('fall exponentially', () => {
    expect(over({ schedule: 'exponential', initial: 8, factor: 0.5 }, [1, 2, 3, 5])).toEqual([8, 4, 2, 0.5]);
  });

  it('fall along half a cosine, and stay at its end', () => {
    // A third of the way the cosine is 1/2, half of it 0, two thirds −1/2.
    const rates = over({ schedule: 'cosine', initial: 9, final: 1, rounds: 6 }, [1, 3, 4, 5, 7, 8, 100]);
    [9, 7, 5, 3, 1, 1, 1].forEach((expected, i) => expect(rates[i]).toBeCloseTo(expected, 12));
    expect(rates[5]).toBe(1);
  });

  it('fall with the root of the rounds', () => {
    expect(over({ schedule: 'inverse-sqrt', initial: 6 }, [1, 4, 9])).toEqual([6, 3, 2]);
  });

  it('rise before that, and count from there', () => {
    expect(over({ schedule: 'step', initial: 8, warmupRounds: 3, every: 2, factor: 0.5 }, [1, 2, 3, 4, 5, 6, 8])).toEqual([2, 4, 6, 8, 8, 4, 2]);
    expect(over({ schedule: 'constant', initial: 1, warmupRounds: 1 }, [1, 2, 3])).toEqual([0.5, 1, 1]);
  });

  it.each([[-1], ['fast'], [{ schedule: 'step', initial: 1 }], [{ schedule: 'cosine', initial: 1, rounds: 0 }], [{ schedule: 'exponential', initial: 1, factor: 1.5 }], [{ schedule: 'constant', initial: 1, every: 2 }], [{ initial: 1 }]])('refuse %j', (setting) => {
    expect(LearningRate.safeParse(setting).success).toBe(false);
  });
});
