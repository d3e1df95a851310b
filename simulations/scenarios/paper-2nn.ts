/** What the FedAvg paper's MNIST experiments with the 2NN share (McMahan et al. 2017): 100 clients, a tenth of them in each round, B = 10, E = 1, 97 %. */
import { mnistContract } from '../datasets/mnist.ts';
import { mlp2nn } from '../models/mlp-2nn.ts';
import type { PartitionSpecInput } from '../partitioners/registry.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';

/** The paper samples C · K clients uniformly and waits for all of them. */
export const PAPER_ROUND = { goal: 10, minimum: 10, overSelection: 1, selectionSeconds: 5 } as const;

export function paper2nn({ name, description, partition, learningRate, rounds }: {
  readonly name: string;
  readonly description: string;
  readonly partition: PartitionSpecInput;
  readonly learningRate: number;
  readonly rounds: number;
}): ScenarioInput {
  return {
    name,
    description,
    task: {
      model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 },
      data: mnistContract({ flat: true }),
      algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate },
      round: PAPER_ROUND,
    },
    data: { dataset: { name: 'mnist' }, partition },
    edges: 100,
    target: 0.97,
    rounds,
  };
}
