/** What attackers do, on numbers worked by hand. */
import { describe, expect, it } from 'vitest';
import { fedavg } from '../../shared/algorithms/fedavg.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { createRandom } from '../../shared/random.ts';
import { DataContract } from '../../shared/task/data-contract.ts';
import { largestUnseen } from '../../simulations/attacks/alie.ts';
import { createColluders } from '../../simulations/attacks/colluders.ts';
import { createHostileTrainer } from '../../simulations/attacks/hostile-trainer.ts';
import { applyPoison, triggered } from '../../simulations/attacks/poison.ts';
import { ATTACKS, AttackSpec, findAttack, settingsOf, type AttackSpecInput } from '../../simulations/attacks/registry.ts';
import { createToyTrainer } from '../../simulations/models/toy-trainer.ts';
import { attackersOf } from '../../simulations/scenario/scenario-attackers.ts';
import { parseScenario } from '../../simulations/scenario/scenario.ts';
import { createVirtualClock, settledIn } from '../../simulations/virtual-clock.ts';
import { smallScenario } from '../helpers/small-scenario.ts';
import { thrownBy } from '../helpers/thrown.ts';

async function forged(input: AttackSpecInput, update: readonly number[], honest: readonly (readonly number[])[] = [update]): Promise<number[]> {
  const spec = AttackSpec.parse(input);
  const colluders = (): Promise<Float32Array[]> => Promise.resolve(honest.map((one) => Float32Array.from(one)));
  return [...(await findAttack(spec.name).forge(Float32Array.from(update), { settings: settingsOf(spec), edges: 50, attackers: 10, random: createRandom(1), colluders }))];
}

describe('an update', () => {
  it('goes out as it was learned from falsified examples', async () => {
    expect(await forged({ name: 'label-flip' }, [1, -2])).toEqual([1, -2]);
    expect(await forged({ name: 'backdoor' }, [1, -2])).toEqual([1, -2]);
    expect(await forged({ name: 'backdoor', scale: 3 }, [1, -2])).toEqual([3, -6]);
  });

  it('goes out backwards, and five times as long', async () => {
    expect(await forged({ name: 'sign-flip' }, [1, -2])).toEqual([-5, 10]);
    expect(await forged({ name: 'sign-flip', scale: 1 }, [1, -2])).toEqual([-1, 2]);
  });

  it('is made so long that the mean becomes it: fifty edges by ten attackers', async () => {
    expect(await forged({ name: 'model-replacement' }, [1, -2])).toEqual([5, -10]);
    expect(await forged({ name: 'model-replacement', scale: 2 }, [1, -2])).toEqual([2, -4]);
  });

  it('becomes noise of ten times its root mean square', async () => {
    const update = Array.from({ length: 4000 }, (_, i) => (i % 2 === 0 ? 3 : -4));
    const noise = await forged({ name: 'gaussian' }, update);
    const deviation = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
    // √((9 + 16) / 2) · 10 = 35.36; of 4000 draws the deviation lies within a few percent.
    expect(deviation).toBeGreaterThan(33);
    expect(deviation).toBeLessThan(38);
    expect(await forged({ name: 'gaussian' }, update)).toEqual(noise);
  });

  it('becomes what all colluders’ honest ones have in common, less a little of what they differ by', async () => {
    // Means 2 and 5, deviations 1 and 0: half a deviation less.
    expect(await forged({ name: 'alie', z: 0.5 }, [9, 9], [[1, 5], [3, 5]])).toEqual([1.5, 5]);
  });
});

describe('the z of ALIE', () => {
  it('is the paper’s: of 50 edges 24 attackers need 2 honest ones on their side', () => {
    // Φ(1.4261) = 24 / 26, Φ(0.2533) = 24 / 40.
    expect(largestUnseen(50, 24)).toBeCloseTo(1.4261, 3);
    expect(largestUnseen(50, 10)).toBeCloseTo(0.2533, 3);
    expect(largestUnseen(50, 1)).toBe(0);
  });
});

describe('examples', () => {
  const contract = DataContract.parse({ kind: 'image', height: 3, width: 3, channels: 1, classes: ['a', 'b', 'c'], flat: true });
  const examples: Examples = { size: 3, inputs: Uint8Array.from({ length: 27 }, (_, i) => i), inputShape: [9], scale: 1 / 255, labels: Int32Array.of(0, 1, 2), labelShape: [] };

  it('have their classes called backwards', () => {
    const flipped = applyPoison(examples, { kind: 'flip-labels' }, contract, 1);
    expect(flipped.labels).toEqual(Int32Array.of(2, 1, 0));
    expect(flipped.inputs).toBe(examples.inputs);
    expect(examples.labels).toEqual(Int32Array.of(0, 1, 2));
  });

  it('bear the trigger in the lower right corner, and its label, as many as are to', () => {
    const all = applyPoison(examples, { kind: 'backdoor', trigger: { size: 2, target: 1 }, share: 1 }, contract, 1);
    expect(all.labels).toEqual(Int32Array.of(1, 1, 1));
    expect([...all.inputs].slice(0, 9)).toEqual([0, 1, 2, 3, 255, 255, 6, 255, 255]);
    expect([...all.inputs].slice(18)).toEqual([18, 19, 20, 21, 255, 255, 24, 255, 255]);
    expect(examples.inputs[4]).toBe(4);
    const one = applyPoison(examples, { kind: 'backdoor', trigger: { size: 2, target: 1 }, share: 1 / 3 }, contract, 1);
    expect([0, 1, 2].filter((row) => one.inputs[9 * row + 8] === 255)).toHaveLength(1);
  });

  it('of other classes judge a backdoor', () => {
    const judged = triggered(examples, { size: 1, target: 1 }, contract);
    expect(judged.size).toBe(2);
    expect(judged.labels).toEqual(Int32Array.of(1, 1));
    expect([...judged.inputs]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 255, 18, 19, 20, 21, 22, 23, 24, 25, 255]);
  });
});

describe('a hostile trainer', () => {
  const forge = (update: Float32Array): Promise<Float32Array> => Promise.resolve(update.map((value) => -5 * value));

  it('sends what its attack makes of an honest update, whatever the algorithm asks of it', async () => {
    const clock = createVirtualClock(0);
    const honest = createToyTrainer([[1, 2]]);
    const trainer = createHostileTrainer({ trainer: createToyTrainer([[1, 2]]), clock, forge });
    const config = fedavg.config.parse({ epochs: 1, batchSize: null, learningRate: 0.1 });
    const edge = async (by: typeof honest | typeof trainer): Promise<number[]> => {
      const context = { config, base: Float32Array.of(0, 0), broadcast: {}, state: null, trainer: by, random: createRandom(1), signal: new AbortController().signal };
      return [...(await settledIn(clock, fedavg.edge(context as never))).statistic.fields.delta];
    };
    // The error of 0·1 + 0 is −2: the gradient [−4, −4], the step [0.4, 0.4].
    expect((await edge(honest)).map((value) => value.toFixed(6))).toEqual(['0.400000', '0.400000']);
    expect((await edge(trainer)).map((value) => value.toFixed(6))).toEqual(['-2.000000', '-2.000000']);
  });

  it('gives a gradient as its attack makes it, and weights that were not trained as they are', async () => {
    const clock = createVirtualClock(0);
    const trainer = createHostileTrainer({ trainer: createToyTrainer([[1, 2]]), clock, forge });
    trainer.load(Float32Array.of(1, 1));
    expect([...(await settledIn(clock, trainer.read()))]).toEqual([1, 1]);
    trainer.load(Float32Array.of(0, 0));
    expect([...(await settledIn(clock, trainer.gradient({}))).gradient]).toEqual([20, 20]);
  });
});

describe('colluders', () => {
  it('work out each one’s update once for the same weights, by seeds that hang on these alone', async () => {
    const asked: string[] = [];
    const update = (attacker: number, seed: number): Promise<Float32Array> => {
      asked.push(`${attacker} ${seed}`);
      return Promise.resolve(Float32Array.of(attacker));
    };
    const colluders = createColluders([3, 7], 1);
    const first = await colluders.updates(Float32Array.of(1, 2), update);
    expect(first).toEqual([Float32Array.of(3), Float32Array.of(7)]);
    expect(await colluders.updates(Float32Array.of(1, 2), update)).toBe(first);
    expect(asked).toHaveLength(2);
    await colluders.updates(Float32Array.of(1, 3), update);
    await createColluders([3, 7], 1).updates(Float32Array.of(1, 2), update);
    expect(asked).toHaveLength(6);
    expect(asked.slice(4)).toEqual(asked.slice(0, 2));
    expect(asked[2]).not.toBe(asked[0]);
  });
});

describe('attackers of a scenario', () => {
  const attack = AttackSpec.parse({ name: 'sign-flip' });

  it('are drawn by its seed, or named', () => {
    const drawn = attackersOf({ fraction: 0.2, edges: null, attack }, 50, 1);
    expect(drawn).toHaveLength(10);
    expect(new Set(drawn).size).toBe(10);
    expect(attackersOf({ fraction: 0.2, edges: null, attack }, 50, 1)).toEqual(drawn);
    expect(attackersOf({ fraction: 0.2, edges: null, attack }, 50, 2)).not.toEqual(drawn);
    expect(attackersOf({ fraction: null, edges: [4, 2, 4], attack }, 50, 1)).toEqual([2, 4]);
  });

  it('are refused by what is wrong with them', async () => {
    const refused = async (attackers: object): Promise<string> => (await thrownBy(async () => parseScenario(smallScenario({ attackers } as never)))).message;
    expect(await refused({ attack: { name: 'sign-flip' } })).toMatch(/attackers: either a fraction of the edges, or the numbers/);
    expect(await refused({ edges: [20], attack: { name: 'sign-flip' } })).toMatch(/attackers\.edges: there are 20 edges, from 0 to 19/);
    expect(await refused({ fraction: 0.1, attack: { name: 'backdoor' } })).toMatch(/a trigger is stamped on images/);
    expect(await refused({ fraction: 0.1, attack: { name: 'nonsense' } })).toMatch(/attackers\.attack/);
    expect(ATTACKS.map(({ name }) => name)).toEqual(['label-flip', 'sign-flip', 'model-replacement', 'gaussian', 'alie', 'backdoor']);
  });
});
