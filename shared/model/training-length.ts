/** How long local training lasts: in passes over the examples or in single steps. */
import { MurmurError } from '../errors.ts';

/** One of them. */
export type TrainingLength =
  | { /** Passes over the examples. */ readonly epochs: number; readonly steps?: null }
  | { /** Single steps; where an epoch ends before them, the next one begins. */ readonly steps: number; readonly epochs?: null };

export interface TrainingSteps {
  /** Examples of a step; the last one of an epoch may have fewer. */
  readonly batchSize: number;
  readonly inEpoch: number;
  /** In all. */
  readonly steps: number;
}

/** @param batchSize null: all examples at once */
export function trainingSteps(length: TrainingLength, batchSize: number | null, examples: number): TrainingSteps {
  const size = Math.min(batchSize ?? examples, examples);
  const inEpoch = Math.ceil(examples / size);
  return { batchSize: size, inEpoch, steps: length.steps ?? length.epochs * inEpoch };
}

/** @throws bad_config */
export function checkTrainingLength({ epochs, steps }: { readonly epochs?: number | null; readonly steps?: number | null }): void {
  if ((epochs ?? null) !== null && (steps ?? null) !== null) throw new MurmurError('bad_config', `epochs is ${epochs} and steps is ${steps}; training lasts as long as one of them says`);
  for (const [name, value] of [['epochs', epochs], ['steps', steps]] as const) {
    if (value !== null && value !== undefined && (!Number.isSafeInteger(value) || value < 1)) throw new MurmurError('bad_config', `${name} is ${value}; it must be a positive integer`);
  }
  if ((epochs ?? steps ?? null) === null) throw new MurmurError('bad_config', 'neither epochs nor steps says how long training lasts');
}
