import { describe, expect, it } from 'vitest';
import { parseFleetSpec } from '../../simulations/fleet/fleet-spec.ts';
import { createToyTrainer } from '../../simulations/models/toy-trainer.ts';
import { partialWork } from '../../simulations/training/partial-work.ts';

const EXAMPLES = Array.from({ length: 40 }, (_, i) => [1, i % 3] as const);
/** Two epochs in batches of 4: 20 steps, of 10 ms each. */
const work = { epochs: 2, batchSize: 4, learningRate: 0.01 } as const;

function client(stragglers: Partial<{ share: number; least: number }> = {}) {
  const toy = createToyTrainer(EXAMPLES);
  return { toy, trainer: partialWork(toy, { stragglers: parseFleetSpec({ stragglers }).stragglers, expectMs: (steps) => 10 * steps }) };
}

/** Steps done for each of these seeds. */
async function stepsOf(trainer: ReturnType<typeof client>['trainer'], seeds: number): Promise<number[]> {
  const done: number[] = [];
  for (let seed = 0; seed < seeds; seed++) done.push((await trainer.train({ ...work, seed })).steps);
  return done;
}

describe('a client that does part of its work', () => {
  it('does all of it where nothing is said, and is asked for just that', async () => {
    const { toy, trainer } = client();
    expect(await stepsOf(trainer, 3)).toEqual([20, 20, 20]);
    expect(toy.calls[0]).toEqual({ ...work, seed: 0 });
  });

  it('is a straggler as often as the fleet says, with a part drawn from the least to all', async () => {
    const always = await stepsOf(client({ share: 1, least: 0.5 }).trainer, 400);
    // ⌈10 … 20⌉, each of 11 to 20 as likely.
    expect(Math.min(...always)).toBe(11);
    expect(Math.max(...always)).toBe(20);
    expect(Math.abs(always.reduce((sum, steps) => sum + steps, 0) / 400 - 15.5)).toBeLessThan(0.5);
    const sometimes = await stepsOf(client({ share: 0.5 }).trainer, 400);
    // Of the stragglers a twentieth does all the same.
    const part = sometimes.filter((steps) => steps < 20).length / 400;
    expect(Math.abs(part - 0.475)).toBeLessThan(0.08);
    expect(Math.min(...sometimes)).toBe(1);
  });

  it('draws by the assignment’s seed: the same seed, the same part', async () => {
    const one = await stepsOf(client({ share: 0.9 }).trainer, 20);
    expect(await stepsOf(client({ share: 0.9 }).trainer, 20)).toEqual(one);
  });

  it('ends at the first step past its seconds, as its device would', async () => {
    const { toy, trainer } = client();
    // Two steps in 25 ms, and the third goes past them.
    expect((await trainer.train({ ...work, seed: 1, seconds: 0.025 })).steps).toBe(3);
    expect((await trainer.train({ ...work, seed: 1, seconds: 1e-6 })).steps).toBe(1);
    expect((await trainer.train({ ...work, seed: 1, seconds: 10 })).steps).toBe(20);
    // What follows is virtual time's business alone.
    expect(toy.calls.every(({ seconds }) => seconds === undefined)).toBe(true);
  });
});
