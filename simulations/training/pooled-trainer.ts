/**
 * A client's trainer whose work is done in the pool, and takes as long in virtual time as on the client's device. Keeps
 * nothing but the weights that it was given or came to: its examples lie with the workers.
 */
import { MurmurError } from '../../shared/errors.ts';
import type { Trainer, TrainOptions, TrainSettings } from '../../shared/model/trainer.ts';
import { trainingSteps } from '../../shared/model/training-length.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { TrainingPool } from './pool.ts';

export interface PooledTrainerOptions {
  readonly pool: TrainingPool;
  readonly clock: VirtualClock;
  readonly layout: Layout;
  /** Number of the client's part of the data, how many examples it has to train on, and how many it holds back. */
  readonly part: number;
  readonly examples: number;
  readonly heldOut: number;
  /** Virtual milliseconds that so many steps of this batch size take on its device from now on. */
  readonly durationMs: (steps: number, batchSize: number) => number;
}

/** Examples of a step where a client goes through all that it has. */
const WHOLE_PASS = 250;

export function createPooledTrainer({ pool, clock, layout, part, examples, heldOut, durationMs }: PooledTrainerOptions): Trainer {
  let values: Float32Array | null = null;
  const loaded = (): Float32Array => {
    if (values === null) throw new MurmurError('internal', 'no weights were loaded');
    return shared(values);
  };
  const passMs = (size: number): number => durationMs(Math.ceil(size / WHOLE_PASS), Math.min(size, WHOLE_PASS));

  return {
    layout,
    examples,
    heldOut,
    load(next) {
      values = next;
    },
    read: async () => {
      if (values === null) throw new MurmurError('internal', 'no weights were loaded');
      return values.slice();
    },
    async train({ signal, onProgress: _, ...options }: TrainOptions) {
      const { steps, batchSize } = trainingSteps(options, options.batchSize, examples);
      const trained = await clock.work(durationMs(steps, batchSize), pool.run('train', { part, values: loaded(), options: withSharedVectors(options) }, signal), signal);
      const { values: came, ...result } = trained;
      values = came;
      return result;
    },
    gradient: ({ signal }) => clock.work(passMs(examples), pool.run('gradient', { part, values: loaded() }, signal), signal),
    evaluate: ({ on = 'validation' } = {}) => clock.work(passMs(on === 'train' || heldOut === 0 ? examples : heldOut), pool.run('evaluatePart', { part, values: loaded(), on })),
    dispose() {
      values = null;
    },
  };
}

/** Vectors as large as the model go to a worker in memory that it can read. */
export function withSharedVectors(options: TrainSettings): TrainSettings {
  const { correction, proximal } = options;
  return { ...options, ...(correction ? { correction: shared(correction) } : {}), ...(proximal?.anchor ? { proximal: { ...proximal, anchor: shared(proximal.anchor) } } : {}) };
}

/** Of each checkpoint one copy that all workers read: the clients of a round begin at the same weights. */
const sharedCopies = new WeakMap<ArrayBufferLike, { readonly byteOffset: number; readonly copy: Float32Array }>();

export function shared(values: Float32Array): Float32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const known = sharedCopies.get(values.buffer);
  if (known?.byteOffset === values.byteOffset && known.copy.length === values.length) return known.copy;
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  sharedCopies.set(values.buffer, { byteOffset: values.byteOffset, copy });
  return copy;
}
