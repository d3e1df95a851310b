/** Chooses the backend of a device: each that starts is measured for a fraction of a second, and the fastest is it. */
import { PLATFORM_BACKENDS } from '#platform/backends';
import { MurmurError } from '../errors.ts';
import type { BackendName } from '../task/conditions.ts';
import { availableBackends, prepareBackend } from './backends.ts';
import { measureBackend } from './measure-backend.ts';

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
  /** What an earlier call returned on this device: taken as it is when that backend still starts. */
  readonly cached?: BackendChoice;
  readonly onProgress?: (tried: BackendTry) => void;
}

/**
 * Measures each backend for a fraction of a second and makes the fastest the current one.
 * `cpu` is the last resort: it is measured only where nothing else starts.
 * The caller keeps the result and gives it back as `cached` next time.
 * @throws backend_failed when the forced one, or every one, is not there.
 */
export async function chooseBackend(options: ChooseBackendOptions = {}): Promise<BackendChoice> {
  const { force, cached, onProgress } = options;
  if (cached && (force === undefined || cached.backend === force)) {
    const starts = await prepareBackend(cached.backend).then(() => true, () => false);
    if (starts) return cached;
  }
  const tried: BackendTry[] = [];
  const measure = async (backend: BackendName): Promise<number | null> => {
    const outcome = await prepareBackend(backend)
      .then(() => measureBackend())
      .then(
        (stepsPerSecond): BackendTry => ({ backend, stepsPerSecond, error: null }),
        (thrown: unknown): BackendTry => ({ backend, stepsPerSecond: null, error: (thrown as Error).message }),
      );
    tried.push(outcome);
    onProgress?.(outcome);
    return outcome.stepsPerSecond;
  };

  if (force !== undefined) {
    const stepsPerSecond = await measure(force);
    if (stepsPerSecond === null) {
      const others = (await availableBackends()).filter(({ error }) => error === null).map(({ backend }) => backend);
      throw new MurmurError('backend_failed', `the backend ${force} was asked for but cannot be used (${tried[0].error}); here are: ${others.join(', ') || 'none'}`, { details: { forced: force, available: others } });
    }
    return { backend: force, stepsPerSecond, tried };
  }

  let best: { backend: BackendName; stepsPerSecond: number } | null = null;
  for (const backend of PLATFORM_BACKENDS) {
    if (backend === 'cpu' && best !== null) continue;
    const stepsPerSecond = await measure(backend);
    // Strictly faster: at a tie the earlier, better one stays.
    if (stepsPerSecond !== null && (best === null || stepsPerSecond > best.stepsPerSecond)) best = { backend, stepsPerSecond };
  }
  if (best === null) throw new MurmurError('backend_failed', `no backend starts on this device: ${tried.map(({ backend, error }) => `${backend} (${error})`).join('; ')}`);
  await prepareBackend(best.backend);
  return { ...best, tried };
}
