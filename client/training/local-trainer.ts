/** Local training on what one edge holds: a model of its own, and its examples in the backend. */
import type { Logger } from '../../shared/logger.ts';
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { createModelTrainer, openModel } from './model-trainer.ts';
import { uploadDataset, type ResidentDataset } from './resident-dataset.ts';

export interface LocalTrainerOptions {
  readonly backend: BackendName;
  /** Told why steps are not replayed where they are not. */
  readonly logger?: Logger;
}

/**
 * Builds the task's model and copies the dataset into the backend.
 * @throws backend_failed, bad_task_spec, bad_dataset
 */
export async function createLocalTrainer(spec: ModelSpec, dataset: Dataset, options: LocalTrainerOptions): Promise<Trainer> {
  const working = await openModel(spec, options);
  let resident: ResidentDataset;
  try {
    resident = uploadDataset(spec, dataset);
  } catch (thrown) {
    working.dispose();
    throw thrown;
  }
  return createModelTrainer({
    working,
    dataset: resident,
    dispose() {
      resident.dispose();
      working.dispose();
    },
  });
}
