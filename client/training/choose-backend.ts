/** Chooses the backend of a device: each that starts is measured for a fraction of a second, and the fastest is it. */
import { PLATFORM_BACKENDS } from '#platform/backends';
import { MurmurError } from '../../shared/errors.ts';
import { availableBackends, prepareBackend } from '../../shared/model/backends.ts';
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { measureTraining, type MeasureTraining } from './measure-training.ts';

export interface BackendTry {
  readonly backend: BackendName;
  /** null where it failed. */
  readonly stepsPerSecond: number | null;
  /** Why it failed; null where it did not. */
  readonly error: string | null;
}

export interface BackendChoice {
  readonly backend: BackendName;
  /** Training steps a second of the reference model (784-200-200-10, batch 10). */
  readonly stepsPerSecond: number;
  readonly tried: readonly BackendTry[];
}

export interface ChooseBackendOptions {
  /** The owner's wish: this backend or an error. */
  readonly force?: BackendName;
  /** What an earlier call returned on this device: taken as it is when that backend still starts, and no better one has been installed since. */
  readonly cached?: BackendChoice;
  readonly onProgress?: (tried: BackendTry) => void;
  /** For tests. */
  readonly measure?: MeasureTraining;
}

const dense = (units: number, activation: string): object => ({ class_name: 'Dense', config: { units, activation } });

const REFERENCE_BATCH = 10;
const reference: ModelSpec = {
  model: {
    topology: { class_name: 'Sequential', config: { name: 'reference', layers: [dense(200, 'relu'), dense(200, 'relu'), dense(10, 'softmax')] } },
    loss: 'categoricalCrossentropy',
    seed: 1,
  },
  data: {
    kind: 'image',
    height: 28,
    width: 28,
    channels: 1,
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    flat: true,
    scale: 1,
    validation: { fraction: 0, seed: 1 },
  },
};

/**
 * Measures each backend for a fraction of a second and makes the fastest the current one.
 * `cpu` is the last resort: it is measured only where nothing else starts.
 * The caller keeps the result and gives it back as `cached` next time.
 * @throws backend_failed when the forced one, or every one, is not there.
 */
export async function chooseBackend(options: ChooseBackendOptions = {}): Promise<BackendChoice> {
  const { force, cached, onProgress, measure = measureTraining } = options;
  if (cached && (await stillHolds(cached, force))) return cached;
  const tried: BackendTry[] = [];
  const tryOne = async (backend: BackendName): Promise<number | null> => {
    const outcome = await prepareBackend(backend)
      .then(() => measure(reference, backend, REFERENCE_BATCH))
      .then(
        (stepsPerSecond): BackendTry => ({ backend, stepsPerSecond, error: null }),
        (thrown: unknown): BackendTry => ({ backend, stepsPerSecond: null, error: (thrown as Error).message }),
      );
    tried.push(outcome);
    onProgress?.(outcome);
    return outcome.stepsPerSecond;
  };

  if (force !== undefined) {
    const stepsPerSecond = await tryOne(force);
    if (stepsPerSecond === null) {
      const others = (await availableBackends()).filter(({ error }) => error === null).map(({ backend }) => backend);
      throw new MurmurError('backend_failed', `the backend ${force} was asked for but cannot be used (${tried[0].error}); here are: ${others.join(', ') || 'none'}`, { details: { forced: force, available: others } });
    }
    return { backend: force, stepsPerSecond, tried };
  }

  let best: { backend: BackendName; stepsPerSecond: number } | null = null;
  for (const backend of PLATFORM_BACKENDS) {
    if (backend === 'cpu' && best !== null) continue;
    const stepsPerSecond = await tryOne(backend);
    // Strictly faster: at a tie the earlier, better one stays.
    if (stepsPerSecond !== null && (best === null || stepsPerSecond > best.stepsPerSecond)) best = { backend, stepsPerSecond };
  }
  if (best === null) throw new MurmurError('backend_failed', `no backend starts on this device: ${tried.map(({ backend, error }) => `${backend} (${error})`).join('; ')}`);
  await prepareBackend(best.backend);
  return { ...best, tried };
}

const starts = (backend: BackendName): Promise<boolean> => prepareBackend(backend).then(() => true, () => false);

/**
 * Whether what was chosen before can be taken as it is; its backend is the current one then.
 * A device's graphics stay what they are, but `native` can be installed at any time.
 */
export async function stillHolds(cached: BackendChoice, force?: BackendName): Promise<boolean> {
  if (force !== undefined && cached.backend !== force) return false;
  if (force === undefined && PLATFORM_BACKENDS.includes('native')) {
    const native = cached.tried.find(({ backend }) => backend === 'native');
    if (native?.stepsPerSecond == null && (await starts('native'))) return false;
  }
  return starts(cached.backend);
}
