/** A scenario by its name or from a file, with what its caller changes of it. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import { parseScenario, type Scenario } from './scenario.ts';

/** A dotted path (`task.round.goal`) and what stands there instead. */
export type Override = readonly [path: string, value: unknown];

export function listScenarios(): readonly { readonly name: string; readonly description: string }[] {
  return SCENARIOS.map(({ name, description = '' }) => ({ name, description }));
}

/**
 * @param name of a named one, or the path of a JSON file (it ends with .json)
 * @throws not_found, bad_config with the path of each wrong field
 */
export async function findScenario(name: string, overrides: readonly Override[] = []): Promise<Scenario> {
  return parseScenario(overrides.reduce((document, [path, value]) => withValue(document, path.split('.'), value, path), await documentOf(name)));
}

/** As its author wrote it. */
export async function documentOf(name: string): Promise<unknown> {
  if (name.endsWith('.json')) return readDocument(name);
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found) return found;
  throw new MurmurError('not_found', `there is no scenario ${JSON.stringify(name)}; there are: ${SCENARIOS.map((scenario) => scenario.name).join(', ')}; a file's name ends with .json`);
}

async function readDocument(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw new MurmurError('not_found', `the scenario ${path} cannot be read: ${toMurmurError(thrown).message}`, { cause: thrown });
  });
  try {
    const document: unknown = JSON.parse(text);
    // A file without a name has its file's.
    return typeof document === 'object' && document !== null && !('name' in document) ? { name: basename(path, '.json'), ...document } : document;
  } catch (thrown) {
    throw new MurmurError('bad_config', `${path} is no JSON: ${toMurmurError(thrown).message}`, { cause: thrown });
  }
}

/** A copy with one value changed; what is not there on the way is made, so that a misspelt path is refused by the schema, under its name. */
export function withValue(document: unknown, keys: readonly string[], value: unknown, path: string): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (document !== undefined && (typeof document !== 'object' || document === null)) throw new MurmurError('bad_usage', `${path} cannot be set: there is a ${typeof document} on the way, and it has no ${key}`);
  if (Array.isArray(document)) {
    const index = Number(key);
    if (!Number.isSafeInteger(index) || index < 0 || index > document.length) throw new MurmurError('bad_usage', `${path} cannot be set: the list on the way has no place ${key}`);
    return Object.assign([...(document as unknown[])], { [index]: withValue(document[index], rest, value, path) });
  }
  const fields = (document ?? {}) as Record<string, unknown>;
  return { ...fields, [key]: withValue(fields[key], rest, value, path) };
}
