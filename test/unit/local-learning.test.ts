/** A peer runs both halves of its task's algorithm, and keeps what they keep. */
import { describe, expect, it } from 'vitest';
import { createLocalLearning } from '../../client/gossip/local-learning.ts';
import { createRandom } from '../../shared/random.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import type { GossipTaskInput } from '../../shared/task/task-spec.ts';
import { createToyTrainer } from '../../simulations/models/toy-trainer.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';

const never = new AbortController().signal;

/** One example, (1, 8): at (u, u) the gradient in each weight is 4u − 16, and the first round's rate 1/8. */
async function learn(algorithm: GossipTaskInput['algorithm'], rounds: readonly number[]): Promise<number[]> {
  const learning = createLocalLearning(parseGossipTask(toyGossipTask({ algorithm })), createToyTrainer([[1, 8]]), createRandom(1));
  const found: number[] = [];
  let parameters = new Float32Array(2);
  for (const round of rounds) {
    parameters = (await learning.learn(parameters, round, never)).parameters.slice();
    found.push(parameters[0]);
  }
  return found;
}

describe('a peer’s own learning', () => {
  it('takes the rate of its own round', async () => {
    const learningRate = { schedule: 'exponential', initial: 0.125, factor: 0.5 } as const;
    // 1/8 · 16; then 1/16 · 8; and in the fifth round 1/128 · 6.
    expect(await learn({ name: 'fedavg', epochs: 1, batchSize: null, learningRate }, [1, 2, 5])).toEqual([2, 2.5, 2.5 + 6 / 128]);
  });

  it('keeps the server half’s momentum and its count of steps', async () => {
    const server = { name: 'sgd', momentum: 0.5, learningRate: { schedule: 'step', initial: 1, every: 1, factor: 0.5 } } as const;
    // v 2, w 2; Δ = (16 − 8) / 8 = 1, v 2, w 2 + 2/2.
    expect(await learn({ name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.125, server }, [1, 2])).toEqual([2, 3]);
  });

  it('is pulled back by FedProx where the task says so', async () => {
    // Two steps of 8u − 16: at 2 in the first, and there in the second.
    expect(await learn({ name: 'fedprox', epochs: 2, batchSize: null, learningRate: 0.125, mu: 4 }, [1])).toEqual([2]);
  });

  // The way that mixes may then do so in place.
  it.each<GossipTaskInput['algorithm']>([
    { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.125 },
    { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.125, server: { name: 'sgd', learningRate: 1, momentum: 0.9 } },
    { name: 'fedadam', epochs: 1, batchSize: null, learningRate: 0.125 },
    { name: 'fedprox', epochs: 1, batchSize: null, learningRate: 0.125, mu: 1 },
    { name: 'fedsgd', server: { name: 'sgd', learningRate: 0.125 } },
  ])('gives fresh memory away, and keeps none of it: $name', async (algorithm) => {
    const learnTwice = async (spoil: boolean): Promise<number[]> => {
      const learning = createLocalLearning(parseGossipTask(toyGossipTask({ algorithm })), createToyTrainer([[1, 8]]), createRandom(1));
      const given = Float32Array.of(1, 2);
      const { parameters } = await learning.learn(given, 1, never);
      expect([...given]).toEqual([1, 2]);
      expect(parameters.buffer).not.toBe(given.buffer);
      const next = parameters.slice();
      if (spoil) parameters.fill(1e6);
      return [...(await learning.learn(next, 2, never)).parameters];
    };
    expect(await learnTwice(true)).toEqual(await learnTwice(false));
  });
});
