/** The backends that start in Node on this machine. Native is an optional dependency: where it is not there, that is said. */
import { availableBackends } from '../../shared/model/backends.ts';
import type { BackendName } from '../../shared/task/conditions.ts';

export async function nodeBackends(): Promise<readonly BackendName[]> {
  const found = await availableBackends();
  const native = found.find(({ backend }) => backend === 'native');
  if (native?.error !== null) console.warn(`skipped: native not installed (${native?.error})`);
  return found.filter(({ error }) => error === null).map(({ backend }) => backend);
}
