/** The demo's task: the FedAvg paper's 2NN on MNIST, dealt out unevenly. */
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { mnistContract } from '../../simulations/datasets/mnist.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';

export const DEMO_TASK = 'mnist-2nn';
export const DEMO_TARGET = 0.97;
/** Many times what it takes: a demo that does not learn must end, too. */
export const DEMO_MOST_ROUNDS = 200;

/** Dirichlet(0.5) over the labels (Hsu et al. 2019): parts differ in size and in what they hold. */
export function demoDataset(part: number, parts: number): string {
  return `mnist:${part}/${parts}?alpha=0.5&seed=1`;
}

export function demoTask(options: { readonly agents: number; readonly rounds: number | null }): TaskSpecInput {
  return {
    name: DEMO_TASK,
    description: 'Handwritten digits: the 2NN of McMahan et al. (2017) by federated averaging, MNIST dealt out by Dirichlet(0.5)',
    model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 },
    data: mnistContract({ flat: true }),
    algorithm: { name: 'fedavg', epochs: 1, batchSize: 20, learningRate: 0.1 },
    selection: { criteria: { examples: { atLeast: 1 } } },
    round: {
      goal: options.agents,
      minimum: Math.max(1, Math.ceil(options.agents / 2)),
      // All agents share this machine's cores: work that would be thrown away costs everybody.
      overSelection: 1,
      selectionSeconds: 3,
      configurationSeconds: 180,
      reportingSeconds: 300,
      absenceSeconds: 10,
      comeBackSeconds: 1,
    },
    stop: { accuracy: DEMO_TARGET, rounds: options.rounds ?? DEMO_MOST_ROUNDS },
  };
}
