/** What an algorithm may ask of local training: the injected half that knows TensorFlow.js. */
import type { Layout } from '../tensors/layout.ts';
import type { TrainingLength } from './training-length.ts';

/** Plain data, but for the signal and the call. */
export type TrainOptions = TrainSettings & TrainControl;

export type TrainSettings = TrainingLength & {
  /** Examples a step; null takes all at once (the paper's B = ∞). */
  readonly batchSize: number | null;
  readonly learningRate: number;
  /** Shuffling is drawn from this seed; the same seed gives the same order. */
  readonly seed: number;
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
