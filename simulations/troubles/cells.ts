/**
 * What the coordinator's readings are measured on: small runs of MNIST, each with one kind of trouble, and some with none. A run
 * takes a few seconds. `scripts/results-trouble.mjs` runs them.
 */
import { mnistContract } from '../datasets/mnist.ts';
import { denseNet } from '../models/dense-net.ts';
import type { PartitionSpecInput } from '../partitioners/registry.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';
import type { ScenarioTroubles, Troubled } from './scenario-troubles.ts';

export interface TroubleCell {
  readonly name: string;
  /** For people. */
  readonly label: string;
  readonly scenario: ScenarioInput;
  /** Readings that are right to find something, of the task or of the edges that are in trouble. */
  readonly finds: readonly string[];
  /** Whose edges are in trouble; null: the task is, or nothing. */
  readonly whose: keyof Troubled | null;
}

interface Settings {
  readonly hidden?: readonly number[];
  readonly learningRate?: number;
  readonly epochs?: number;
  readonly partition?: PartitionSpecInput;
  readonly examplesAtMost?: number;
  readonly tellLabels?: boolean;
  readonly troubles?: Partial<ScenarioTroubles>;
}

/** Of sixty edges with 300 examples each, fifteen a round. */
const EDGES = 60;
const ROUND = { goal: 15, minimum: 5, overSelection: 1, selectionSeconds: 1, reportingSeconds: 300 } as const;
const ROUNDS = 25;
/** Found by a sweep on this task: a tenth of what diverges. */
const LEARNING_RATE = 0.1;
/** Edges that are in trouble, where some are. */
const SOME = 6;

function scenarioOf(name: string, settings: Settings): ScenarioInput {
  const { hidden = [200, 200], learningRate = LEARNING_RATE, epochs = 1, partition = { name: 'iid' }, examplesAtMost = 300, tellLabels = false, troubles = null } = settings;
  return {
    name: `trouble-${name}`,
    description: `what the coordinator points out: ${name}`,
    task: {
      model: { topology: denseNet({ name: 'net', inputs: 784, hidden, classes: 10 }), loss: 'categoricalCrossentropy', seed: 1 },
      data: mnistContract({ flat: true }),
      algorithm: { name: 'fedavg', epochs, batchSize: 10, learningRate },
      ...(tellLabels ? { selection: { criteria: { labels: { classes: 1 } } } } : {}),
      round: ROUND,
    },
    data: { dataset: { name: 'mnist' }, partition, examplesAtMost },
    edges: EDGES,
    rounds: ROUNDS,
    server: { evaluateOn: 2500 },
    troubles,
  };
}

const cell = (name: string, label: string, settings: Settings, finds: readonly string[] = [], whose: TroubleCell['whose'] = null): TroubleCell => ({ name, label, scenario: scenarioOf(name, settings), finds, whose });

export const TROUBLE_CELLS: readonly TroubleCell[] = [
  cell('clean', 'nothing', {}),
  cell('clean-softmax', 'nothing, softmax regression', { hidden: [] }),
  cell('clean-dirichlet', 'nothing, Dirichlet(1)', { partition: { name: 'dirichlet', alpha: 1, minimum: 20 } }),
  cell('clean-quantity', 'nothing, from 20 to 2000 examples', { partition: { name: 'quantity', alpha: 1, minimum: 20 }, examplesAtMost: 2000 }),
  cell('rate-high', 'learning rate 10 times too high', { learningRate: 10 * LEARNING_RATE }, ['rate-too-high']),
  cell('rate-low', 'learning rate 100 times too low', { learningRate: LEARNING_RATE / 100 }, ['rate-too-low']),
  cell('small', 'two hidden units', { hidden: [2] }, ['model-too-small']),
  cell('overfit', '10 examples an edge, 20 epochs', { examplesAtMost: 10, epochs: 20 }, ['overfitting']),
  cell('skew', 'two shards an edge, labels not told', { partition: { name: 'shards', shardsPerPart: 2 } }, ['unlike-edges']),
  cell('skew-told', 'Dirichlet(0.1), labels told', { partition: { name: 'dirichlet', alpha: 0.1, minimum: 20 }, tellLabels: true }, ['label-skew', 'unlike-edges']),
  cell('shuffled', '6 edges with shuffled labels', { troubles: { shuffledLabels: SOME } }, ['edge-loss'], 'shuffledLabels'),
  cell('flipped', '6 edges with flipped updates', { troubles: { scaledUpdates: { edges: SOME, factor: -1 } } }, ['edge-direction'], 'scaledUpdates'),
  cell('long', '6 edges with updates 5 times as long', { troubles: { scaledUpdates: { edges: SOME, factor: 5 } } }, ['edge-length'], 'scaledUpdates'),
  cell('flipped-long', '6 edges with updates flipped and 5 times as long', { troubles: { scaledUpdates: { edges: SOME, factor: -5 } } }, ['edge-direction', 'edge-length'], 'scaledUpdates'),
  cell('stragglers', '6 edges that never finish', { troubles: { stragglers: SOME } }, ['never-reports'], 'stragglers'),
];
