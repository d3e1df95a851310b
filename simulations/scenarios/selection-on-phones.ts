/**
 * What the scenarios that compare selections share: MNIST on 200 phones, all there, whose speeds lie far apart. Nothing differs
 * between them but whom a round asks, and how many.
 */
import { mnistContract } from '../datasets/mnist.ts';
import { mlp2nn } from '../models/mlp-2nn.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';

/** A median phone of its kind, on the mains and on wifi, in nobody's hand. */
const phone = (preset: 'phone-low' | 'phone-mid' | 'phone-high', share: number, stepsPerSecond: number) =>
  ({ preset, share, stepsPerSecond: { kind: 'lognormal', median: stepsPerSecond, sigma: 0.3 }, battery: null, network: { atHome: 'always' }, busy: 'never' }) as const;

export function selectionOnPhones({ name, description, selection, overSelection }: {
  readonly name: string;
  readonly description: string;
  readonly selection: NonNullable<ScenarioInput['task']['selection']>;
  /** As the method's paper has it. */
  readonly overSelection: number;
}): ScenarioInput {
  return {
    name,
    description: `${description}; MNIST, 2NN, Dirichlet(0.3) over 200 phones of very different speeds, 10 reports a round`,
    task: {
      model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 },
      data: mnistContract({ flat: true }),
      algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.05 },
      selection,
      // A second in which the others check in: with all of them there, a round's time is training. Nobody is cut off by the clock.
      round: { goal: 10, minimum: 10, overSelection, selectionSeconds: 1, reportingSeconds: 3600, comeBackSeconds: 1 },
    },
    // Labels are shared out, and sizes come out from some twenty-five examples to a thousand.
    data: { dataset: { name: 'mnist' }, partition: { name: 'dirichlet', alpha: 0.3, minimum: 10 } },
    edges: 200,
    fleet: {
      preset: 'phones',
      availability: 'always',
      speedSpread: 20,
      // A fiftieth of the presets' speeds, as a model that is fifty times as large would run: computing, not sending, must take the time.
      classes: [phone('phone-low', 0.35, 1), phone('phone-mid', 0.4, 3), phone('phone-high', 0.25, 9)],
    },
    server: { evaluateOn: 5000 },
    target: 0.93,
    rounds: 400,
  };
}
