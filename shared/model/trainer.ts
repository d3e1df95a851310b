/** What an algorithm may ask of local training: the injected half that knows TensorFlow.js. */
import type { Layout } from '../tensors/layout.ts';
import type { TrainingLength } from './training-length.ts';

/** How a gradient becomes a step. */
export type LocalOptimizer =
  /** w ← w − rate · v with v ← momentum · v + g (Polyak 1964), or with Nesterov's look ahead w ← w − rate · (g + momentum · v). */
  | { readonly name: 'sgd'; readonly momentum: number; readonly nesterov: boolean }
  /** Kingma and Ba 2015, with the bias corrected. */
  | { readonly name: 'adam'; readonly beta1: number; readonly beta2: number; readonly epsilon: number };

/** Adds `strength / 2 · |w − anchor|²` to the loss, its gradient exact at the weights before each step. */
export interface ProximalPull {
  readonly strength: number;
  /** layout.size values; left out: the weights that training begins at. */
  readonly anchor?: Float32Array;
}

/** Plain data, but for the signal and the call. */
export type TrainOptions = TrainSettings & TrainControl;

export type TrainSettings = TrainingLength & {
  /** Examples a step; null takes all at once (the paper's B = ∞). */
  readonly batchSize: number | null;
  readonly learningRate: number;
  /** Shuffling is drawn from this seed; the same seed gives the same order. */
  readonly seed: number;
  /** Ends at the first step past so many seconds, if it has not ended before. */
  readonly seconds?: number | null;
  /** Plain SGD where it is left out. Its moments begin at zero in each call. */
  readonly optimizer?: LocalOptimizer;
  /** Largest Euclidean norm, over all weights, of the loss's own gradient on a batch: a longer one is scaled down to it. */
  readonly clipNorm?: number | null;
  /** What an example's loss counts by its class; `balanced`: as the edge's examples are many to those of its class, shared among its classes. For class indices alone. */
  readonly classWeights?: 'balanced' | readonly number[] | null;
  readonly proximal?: ProximalPull | null;
  /** Added to each gradient, layout.size values. */
  readonly correction?: Float32Array | null;
  /** Names of the layout's tensors that stay as they are while the others are trained. What layers keep of their batches (running means) goes on all the same. */
  readonly frozen?: readonly string[];
};

export interface TrainControl {
  readonly signal?: AbortSignal;
  /** Called after each epoch and a few times within a long one. */
  readonly onProgress?: (progress: TrainProgress) => void;
}

export interface TrainProgress {
  readonly step: number;
  readonly steps: number;
  /** Mean loss of the epoch so far; null while none has been read back. */
  readonly loss: number | null;
}

export interface TrainResult {
  readonly examples: number;
  readonly steps: number;
  /** Mean training loss over the last whole epoch and what was begun of another after it. */
  readonly loss: number;
}

export interface Evaluation {
  readonly examples: number;
  readonly loss: number;
  /** Fraction classified rightly; null for regression. */
  readonly accuracy: number | null;
}

/**
 * One model over one dataset on one backend. Holds no tensor between calls but its
 * own weights and its own examples; `dispose` frees those. Calls must not overlap.
 */
export interface Trainer {
  readonly layout: Layout;
  /** Training examples held. */
  readonly examples: number;
  /** Examples held back to validate on; 0: none. */
  readonly heldOut: number;
  /** Sets the weights; layout.size values. */
  load(values: Float32Array): void;
  /** A copy of the weights, layout.size values. */
  read(): Promise<Float32Array>;
  /** Minibatch SGD from the weights loaded; leaves the trained weights in place. @throws aborted when the signal fires. */
  train(options: TrainOptions): Promise<TrainResult>;
  /** Gradient of the mean loss over all training examples at the weights loaded, layout.size values. */
  gradient(options: { readonly signal?: AbortSignal }): Promise<{ readonly gradient: Float32Array; readonly examples: number; readonly loss: number }>;
  /** On the validation part, or on the training part where nothing was held back. */
  evaluate(options?: { readonly on?: 'train' | 'validation' }): Promise<Evaluation>;
  dispose(): void;
}
