/** What the FedAvg paper's experiments on MNIST share (McMahan et al. 2017): 100 clients, C = 0.1, B = 10, and what each of the two models adds. */
import { mnistContract } from '../datasets/mnist.ts';
import { cnn } from '../models/cnn.ts';
import { mlp2nn } from '../models/mlp-2nn.ts';
import type { PartitionSpecInput } from '../partitioners/registry.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';

/** The paper samples C · K clients uniformly and waits for all of them. */
export const PAPER_ROUND = { goal: 10, minimum: 10, overSelection: 1, selectionSeconds: 5 } as const;

interface PaperRow {
  readonly name: string;
  readonly description: string;
  readonly partition: PartitionSpecInput;
  readonly learningRate: number;
  readonly rounds: number;
  /** What the server does with the mean; left out, it moves by it, as in the paper. */
  readonly server?: Readonly<Record<string, unknown>>;
}

/** E = 1, to 97 %. */
export const paper2nn = (row: PaperRow): ScenarioInput => ({
  ...paperScenario(row, { topology: mlp2nn(), flat: true, epochs: 1, round: PAPER_ROUND }),
  target: 0.97,
});

/** E = 5, to 99 %. */
export const paperCnn = (row: PaperRow): ScenarioInput => ({
  ...paperScenario(row, { topology: cnn(), flat: false, epochs: 5, round: { ...PAPER_ROUND, reportingSeconds: 3600 } }),
  // A step of the CNN takes about sixty times as long as one of the reference model.
  training: { kind: 'real', stepCost: 60 },
  target: 0.99,
});

interface PaperModel {
  readonly topology: NonNullable<ScenarioInput['task']['model']>['topology'];
  readonly flat: boolean;
  readonly epochs: number;
  readonly round: ScenarioInput['task']['round'];
}

function paperScenario({ name, description, partition, learningRate, rounds, server }: PaperRow, { topology, flat, epochs, round }: PaperModel): ScenarioInput {
  return {
    name,
    description,
    task: {
      model: { topology, loss: 'categoricalCrossentropy', seed: 1 },
      data: mnistContract({ flat }),
      algorithm: { name: 'fedavg', epochs, batchSize: 10, learningRate, ...(server === undefined ? {} : { server }) },
      round,
    },
    data: { dataset: { name: 'mnist' }, partition },
    edges: 100,
    rounds,
  };
}
