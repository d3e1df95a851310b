/** A scenario by its name or from a file, with what its caller changes of it. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { meantBy } from '../../shared/task/nearest-name.ts';
import { TRACE_KINDS } from '../fleet/trace-files.ts';
import { findInFamily, SCENARIOS } from '../scenarios/registry.ts';
import { applySettings, type Json, type Settings } from '../sweep/expand-sweep.ts';
import { whyUnreadable } from '../why-unreadable.ts';
import { parseAnyScenario, type AnyScenario } from './gossip-scenario.ts';

export function listScenarios(): readonly { readonly name: string; readonly description: string }[] {
  return SCENARIOS.map(({ name, description = '' }) => ({ name, description }));
}

/**
 * @param name of a named one, or the path of a JSON file (it ends with .json)
 * @param settings what is changed of it, by dotted paths: `{ 'task.round.goal': 20 }`
 * @throws not_found, bad_config with the path of each wrong field
 */
export async function findScenario(name: string, settings: Settings = {}): Promise<AnyScenario> {
  const scenario = parseAnyScenario(applySettings((await documentOf(name)) as Json, settings));
  return name.endsWith('.json') ? withTracesFrom(dirname(name), scenario) : scenario;
}

/** A file's traces lie beside it, from wherever it is run. */
function withTracesFrom(folder: string, scenario: AnyScenario): AnyScenario {
  const { traces } = scenario.fleet;
  if (traces === null) return scenario;
  const found = Object.fromEntries(TRACE_KINDS.flatMap((kind) => (traces[kind] === undefined ? [] : [[kind, resolve(folder, traces[kind])]])));
  return { ...scenario, fleet: { ...scenario.fleet, traces: { ...traces, ...found } } };
}

/** As its author wrote it. */
async function documentOf(name: string): Promise<unknown> {
  if (name.endsWith('.json')) return readDocument(name);
  const found = SCENARIOS.find((scenario) => scenario.name === name) ?? findInFamily(name);
  if (found) return found;
  throw new MurmurError('not_found', `there is no scenario ${JSON.stringify(name)}; \`murmur simulate --list\` lists those that have names, and a file's name ends with .json${meantBy(name, SCENARIOS.map((scenario) => scenario.name))}`);
}

async function readDocument(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw new MurmurError('not_found', `the scenario ${path} cannot be read: ${whyUnreadable(thrown)}${isAbsolute(path) ? '' : ` in ${process.cwd()}`}; \`murmur simulate --list\` lists the scenarios that have names`, { cause: thrown });
  });
  try {
    const document: unknown = JSON.parse(text);
    // A file without a name has its file's.
    return typeof document === 'object' && document !== null && !('name' in document) ? { name: basename(path, '.json'), ...document } : document;
  } catch (thrown) {
    throw new MurmurError('bad_config', `${path} is no JSON: ${toMurmurError(thrown).message}`, { cause: thrown });
  }
}
