/**
 * One model for many datasets, one after the other: what trains the clients of a simulation. Building a model, recording
 * its steps and compiling them is done once; a client costs its examples' way into the backend, and only where they
 * have not stayed there since the last time. What a trainer of it computes, has the bits of one made anew.
 */
import { MurmurError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { useBackend } from '../../shared/model/backends.ts';
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Dataset, Examples } from '../../shared/model/examples.ts';
import { uploadExamples, type ResidentExamples } from '../../shared/model/resident-examples.ts';
import type { Evaluation, Trainer } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { Breather } from './breather.ts';
import { createKept, type Kept } from './kept.ts';
import { createModelTrainer, evaluateOn, exclusively, openModel } from './model-trainer.ts';
import { residentBytesOf, uploadDataset, type ResidentDataset } from './resident-dataset.ts';

export interface TrainerBenchOptions {
  readonly backend: BackendName;
  /** Bytes of examples that stay in the backend, the least recently used leaving first; those at work stay in any case. 512 MiB unless said otherwise. */
  readonly residentBytes?: number;
  readonly logger?: Logger;
}

/** Calls must not overlap, be they the bench's or its trainer's. */
export interface TrainerBench {
  readonly layout: Layout;
  /**
   * A trainer on that dataset: weights zero, nothing left of what was trained before. It serves until the next call of
   * `attach` or `evaluate`; its `dispose` leaves the examples where they are.
   * @param key names the dataset: the same key, the same examples
   * @param dataset asked for it where it is not in the backend
   * @throws bad_dataset; whatever `dataset` throws; internal where calls overlap
   */
  attach(key: string, dataset: () => Promise<Dataset>): Promise<Trainer>;
  /** Mean loss and accuracy of a model with these weights over the examples of that name. @throws as `attach` does; bad_layout */
  evaluate(key: string, values: Float32Array, dataset: () => Promise<Examples>): Promise<Evaluation>;
  /** Frees all. @throws internal while it computes */
  dispose(): void;
}

const RESIDENT_BYTES = 512 * 2 ** 20;

/** @throws backend_failed, bad_task_spec */
export async function createTrainerBench(spec: ModelSpec, { residentBytes = RESIDENT_BYTES, ...options }: TrainerBenchOptions): Promise<TrainerBench> {
  const working = await openModel(spec, options);
  const { model, backend } = working;
  const zeros = new Float32Array(model.layout.size);
  const kept = createKept<Kept>(residentBytes);
  /** Changes with each call: a trainer of before must not touch what is now another's. */
  let turn: object | null = null;
  let disposed = false;

  /** Takes the model from whoever had it, and gets the examples of that name. */
  const take = async <T, R extends Kept>(use: (examples: R, breather: Breather) => Promise<T> | T, key: string, load: () => Promise<{ readonly bytes: number; upload(): R }>): Promise<T> => {
    if (disposed) throw new MurmurError('internal', 'the bench of trainers was disposed');
    return exclusively(working, async (breather) => {
      turn = null;
      let held = kept.get(key) as R | undefined;
      if (held === undefined) {
        const { bytes, upload } = await load();
        // Somebody else may have computed meanwhile.
        useBackend(backend);
        kept.makeRoom(bytes);
        held = upload();
        kept.add(key, held);
      }
      return use(held, breather);
    });
  };

  return {
    layout: model.layout,

    attach: (key, dataset) =>
      take<Trainer, ResidentDataset>(
        (examples) => {
          model.setWeights(zeros);
          model.noise.reseed(createRandom(0));
          const own = {};
          turn = own;
          return createModelTrainer({
            working,
            dataset: examples,
            checkAttached() {
              if (turn !== own) throw new MurmurError('internal', `the trainer on ${examples.source} is used no more: its model has gone to another dataset`);
            },
            dispose() {
              if (turn === own) turn = null;
            },
          });
        },
        `train ${key}`,
        async () => {
          const data = await dataset();
          return { bytes: residentBytesOf(data.train, data.validation), upload: () => uploadDataset(spec, data) };
        },
      ),

    evaluate: (key, values, dataset) =>
      take<Evaluation, ResidentExamples>(
        (examples, breather) => {
          model.setWeights(values);
          return evaluateOn(working, examples, breather);
        },
        `evaluate ${key}`,
        async () => {
          const examples = await dataset();
          if (examples.size === 0) throw new MurmurError('bad_dataset', `${key} holds no examples to evaluate on`);
          return { bytes: residentBytesOf(examples), upload: () => uploadExamples(spec, examples, key) };
        },
      ),

    dispose() {
      if (working.busy) throw new MurmurError('internal', 'the bench of trainers is at work');
      disposed = true;
      turn = null;
      kept.clear();
      working.dispose();
    },
  };
}
