/** What the training pool and its workers say to each other. Plain data; large vectors are shared or transferred, never cloned. */
import type { ErrorBody } from '../../shared/errors.ts';
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Evaluation, TrainResult, TrainSettings } from '../../shared/model/trainer.ts';
import type { Parameters } from '../../shared/tensors/layout.ts';
import type { TrainingData } from './training-data.ts';

/** What a worker needs to train for any client of a simulation: sent once. */
export interface PoolSetup {
  readonly model: ModelSpec;
  readonly data: TrainingData;
  /** Bytes of examples that a worker keeps in its backend between clients. */
  readonly residentBytes: number;
}

export interface PoolJobs {
  /** Builds the model: its layout and initial weights. */
  describe: { readonly job: object; readonly result: { readonly parameters: Parameters; readonly problems: readonly { readonly path: string; readonly message: string }[] } };
  train: { readonly job: { readonly part: number; readonly values: Float32Array; readonly options: TrainSettings }; readonly result: TrainResult & { readonly values: Float32Array } };
  gradient: { readonly job: { readonly part: number; readonly values: Float32Array }; readonly result: { readonly gradient: Float32Array; readonly examples: number; readonly loss: number } };
  /** Of a client's own examples. */
  evaluatePart: { readonly job: { readonly part: number; readonly values: Float32Array; readonly on: 'train' | 'validation' }; readonly result: Evaluation };
  /** Of the held-out examples from … to − 1; `triggered`: of those of them that bear a backdoor's trigger, its success. */
  evaluate: { readonly job: { readonly values: Float32Array; readonly from: number; readonly to: number; readonly triggered?: boolean }; readonly result: Evaluation };
}
export type JobType = keyof PoolJobs;

export type PoolRequest = { [Type in JobType]: { readonly id: number; readonly type: Type; readonly job: PoolJobs[Type]['job'] } }[JobType];

export type PoolReply = { readonly id: number } & ({ readonly result: PoolJobs[JobType]['result'] } | { readonly error: ErrorBody });
