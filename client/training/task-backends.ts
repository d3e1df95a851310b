/**
 * Which backend trains which task. The fastest on the reference model need not be the fastest on a task's own:
 * small nets cost calls, which `wasm` has cheap, and large ones arithmetic. So when a device first takes part in a
 * task, the backends that work on it are measured on that task's model, and the fastest is remembered.
 */
import { sha256Hex } from '#platform/crypto';
import { isMurmurError } from '../../shared/errors.ts';
import { silentLogger, type Logger } from '../../shared/logger.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { inputShapeOf } from '../../shared/task/data-contract.ts';
import type { ModelTask } from '../../shared/task/task-spec.ts';
import type { BackendChoice, BackendTry } from './choose-backend.ts';
import { createLocalTrainer, type LocalTrainerOptions } from './local-trainer.ts';
import { LARGEST_MEASURED_BATCH, measureTraining, type MeasureTraining } from './measure-training.ts';

/** What was found before, by a key that stands for model, batch size and candidates. */
export interface TaskBackendMemory {
  load(key: string): Promise<BackendName | null>;
  save(key: string, backend: BackendName): Promise<void>;
  /** Where several edges share a device and a memory: runs one of them at a time. */
  inTurn?<T>(work: () => Promise<T>): Promise<T>;
}

export interface TaskBackendsOptions {
  /** What was measured on this device: all that work on it are candidates. */
  readonly choice: BackendChoice;
  /** The owner wants that one: nothing is measured. */
  readonly forced: boolean;
  /** Left out: remembered as long as this object lives. */
  readonly memory?: TaskBackendMemory;
  readonly logger?: Logger;
  /** Told when a task's backend was measured, not when it was known. */
  readonly onMeasured?: (task: string, backend: BackendName, tried: readonly BackendTry[]) => void;
  /** For tests. */
  readonly measure?: MeasureTraining;
  readonly createTrainer?: (spec: ModelTask, dataset: Dataset, options: LocalTrainerOptions) => Promise<Trainer>;
}

/** The factory that an edge session builds its trainers with. @throws as `createLocalTrainer` does */
export function createTaskTrainers(options: TaskBackendsOptions): (spec: ModelTask, dataset: Dataset) => Promise<Trainer> {
  const { choice, forced, memory, logger = silentLogger, measure = measureTraining, createTrainer = createLocalTrainer } = options;
  const candidates = choice.tried.filter(({ stepsPerSecond }) => stepsPerSecond !== null).map(({ backend }) => backend);
  const known = new Map<string, BackendName>();

  async function measured(spec: ModelTask, batchSize: number): Promise<BackendName> {
    const tried: BackendTry[] = [];
    for (const backend of candidates) {
      const outcome = await measure(spec, backend, batchSize).then(
        (stepsPerSecond): BackendTry => ({ backend, stepsPerSecond, error: null }),
        (thrown: unknown): BackendTry => ({ backend, stepsPerSecond: null, error: (thrown as Error).message }),
      );
      tried.push(outcome);
    }
    const fastest = tried.reduce<BackendTry | null>((best, one) => ((one.stepsPerSecond ?? 0) > (best?.stepsPerSecond ?? 0) ? one : best), null);
    // Where none can train it, the device's own says why.
    const backend = fastest?.backend ?? choice.backend;
    logger.info({ task: spec.name, backend, tried }, 'backend for the task');
    options.onMeasured?.(spec.name, backend, tried);
    return backend;
  }

  async function backendFor(spec: ModelTask, examples: number): Promise<BackendName> {
    if (forced || candidates.length < 2 || examples === 0) return choice.backend;
    const batchSize = Math.min(batchSizeOf(spec, examples), LARGEST_MEASURED_BATCH);
    const key = sha256Hex(new TextEncoder().encode(JSON.stringify([spec.model.topology, spec.model.loss, spec.data.kind, inputShapeOf(spec.data), batchSize, candidates])));
    const backend = known.get(key) ?? (await recall(key)) ?? (await measureInTurn(spec, batchSize, key));
    known.set(key, backend);
    return backend;
  }

  async function recall(key: string): Promise<BackendName | null> {
    const remembered = (await memory?.load(key).catch(() => null)) ?? null;
    return remembered !== null && candidates.includes(remembered) ? remembered : null;
  }

  async function measureInTurn(spec: ModelTask, batchSize: number, key: string): Promise<BackendName> {
    const found = async (): Promise<BackendName> => {
      // Another edge of this device may have measured it while this one waited.
      const recalled = await recall(key);
      if (recalled !== null) return recalled;
      const backend = await measured(spec, batchSize);
      await memory?.save(key, backend).catch((thrown: unknown) => logger.warn({ err: thrown }, 'the measured backend was not kept; it will be measured again'));
      return backend;
    };
    if (memory?.inTurn === undefined) return found();
    let begun = false;
    const work = (): Promise<BackendName> => {
      begun = true;
      return found();
    };
    // Where no turn can be had, it is measured without, unless the wait was ended for good.
    return memory.inTurn(work).catch((thrown: unknown) => {
      if (begun || isMurmurError(thrown, 'aborted')) throw thrown;
      return found();
    });
  }

  /** One after the other: two measured at once would measure each other. */
  let queue: Promise<unknown> = Promise.resolve();
  return (spec, dataset) => {
    const decided = queue.then(() => backendFor(spec, dataset.train.size));
    queue = decided.catch(() => undefined);
    return decided.then((backend) => createTrainer(spec, dataset, { backend, logger }));
  };
}

/** The batch that the task's algorithm trains on, as far as this edge can fill it; all examples where it takes them at once. */
function batchSizeOf({ algorithm }: ModelTask, examples: number): number {
  const { batchSize } = algorithm as { batchSize?: unknown };
  return typeof batchSize === 'number' ? Math.min(batchSize, examples) : examples;
}
