/** Names of the cases, as `2nn wasm b10`: model, backend and batch size; and how much of it is measured. */
import { MurmurError } from '../../../shared/errors.ts';

export const TRAIN_MODELS = ['2nn', 'cnn', 'gru', 'lstm'] as const;
export type TrainModel = (typeof TRAIN_MODELS)[number];

export const TRAIN_BACKENDS = ['wasm', 'native', 'cpu'] as const;
export type TrainBackend = (typeof TRAIN_BACKENDS)[number];

export interface TrainCase {
  readonly model: TrainModel;
  readonly backend: TrainBackend;
  readonly batchSize: number;
}

/** Whom a case is compared with: TensorFlow.js as it comes, or our own trainer on wasm. */
export interface Rival {
  readonly kind: 'stock' | 'ours';
  readonly backend: 'wasm' | 'cpu';
}

/** How much a case does. */
export interface Workload {
  /** Examples that the edge holds; an epoch goes once over them. */
  readonly examples: number;
  /** Epochs of one call of `train`. */
  readonly epochs: number;
  /** The rival's; fewer where it is so slow that one would wait for minutes. */
  readonly rivalEpochs: number;
  /** Measured turns unless said otherwise. */
  readonly turns: number;
  /** At most so many of them are the rival's, too; the others are ours alone. */
  readonly rivalTurns: number;
  readonly learningRate: number;
  /** Steps over which the memory is watched. */
  readonly enduranceSteps: number;
}

/** @throws bad_usage */
export function parseTrainCase(name: string): TrainCase {
  const [model, backend, batch] = name.split(' ');
  const found = { model: TRAIN_MODELS.find((one) => one === model), backend: TRAIN_BACKENDS.find((one) => one === backend), batchSize: Number(/^b([1-9]\d{0,3})$/.exec(batch ?? '')?.[1] ?? NaN) };
  if (found.model === undefined || found.backend === undefined || !(found.batchSize > 0) || name.split(' ').length !== 3) {
    throw new MurmurError('bad_usage', `${JSON.stringify(name)} is no case: MODEL BACKEND bSIZE is expected, as 2nn wasm b10; models: ${TRAIN_MODELS.join(', ')}; backends: ${TRAIN_BACKENDS.join(', ')}`);
  }
  return { model: found.model, backend: found.backend, batchSize: found.batchSize };
}

export function rivalOf({ model, backend }: TrainCase): Rival {
  // How much native gains is asked by whoever chooses between the two.
  if (backend === 'native') return { kind: 'ours', backend: 'wasm' };
  // Stock wasm has no gradient of a convolution in its filter.
  return { kind: 'stock', backend: backend === 'cpu' || model === 'cnn' ? 'cpu' : 'wasm' };
}

/** 600 examples are an edge's share of MNIST in the FedAvg paper (McMahan et al. 2017). */
export function workloadOf(shape: TrainCase): Workload {
  const plain = shape.backend === 'cpu';
  switch (shape.model) {
    case '2nn':
      return { examples: 600, epochs: 1, rivalEpochs: 1, turns: plain ? 7 : 21, rivalTurns: 21, learningRate: 0.1, enduranceSteps: plain ? 600 : 10_000 };
    case 'cnn': {
      // The plain backend takes 15 seconds a step: two steps must do, so an epoch is one batch.
      if (rivalOf(shape).backend === 'cpu') return { examples: shape.batchSize, epochs: plain ? 2 : 20, rivalEpochs: 2, turns: plain ? 2 : 11, rivalTurns: 2, learningRate: 0.05, enduranceSteps: plain ? 2 : 2000 };
      return { examples: 60, epochs: 2, rivalEpochs: 2, turns: 11, rivalTurns: 11, learningRate: 0.05, enduranceSteps: 2000 };
    }
    case 'gru':
    case 'lstm':
      return { examples: 200, epochs: 1, rivalEpochs: 1, turns: 11, rivalTurns: 11, learningRate: 0.1, enduranceSteps: plain ? 100 : 10_000 };
  }
}
