/** What the FedAvg paper's MNIST experiments with the CNN share (McMahan et al. 2017): 100 clients, C = 0.1, E = 5, B = 10, 99 %. */
import { mnistContract } from '../datasets/mnist.ts';
import { cnn } from '../models/cnn.ts';
import type { PartitionSpecInput } from '../partitioners/registry.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';
import { PAPER_ROUND } from './paper-2nn.ts';

export function paperCnn({ name, description, partition, learningRate, rounds }: {
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
      model: { topology: cnn(), loss: 'categoricalCrossentropy', seed: 1 },
      data: mnistContract({ flat: false }),
      algorithm: { name: 'fedavg', epochs: 5, batchSize: 10, learningRate },
      round: { ...PAPER_ROUND, reportingSeconds: 3600 },
    },
    data: { dataset: { name: 'mnist' }, partition },
    edges: 100,
    // A step of the CNN takes about sixty times as long as one of the reference model.
    training: { kind: 'real', stepCost: 60 },
    target: 0.99,
    rounds,
  };
}
