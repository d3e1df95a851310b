/** The one way into a TaskSpec: its schema, its algorithm's own settings, and the compatibility matrix. */
import type { z } from 'zod';
import { ALGORITHM_NAMES, configParserOf } from '../algorithms/registry.ts';
import { MurmurError } from '../errors.ts';
import { parserOf } from '../protocol/as-it-is.ts';
import { findWay } from '../gossip/registry.ts';
import { findIncompatibilities, gossipIncompatibilities } from './compatibility.ts';
import { NOTHING_TO_AVERAGE } from './compatibility/gossip.ts';
import { brokenBy } from './compatibility/rule.ts';
import { SUGGESTING, unknownSettings } from './misspelt-settings.ts';
import { meantBy } from './nearest-name.ts';
import { GossipTask, TaskSpec, type AnyTask } from './task-spec.ts';

export interface SpecProblem {
  /** Dotted path of the wrong field, `round.minimum`; empty for the document itself. */
  readonly path: string;
  readonly message: string;
}

/** Every edge is handed a spec that is complete already. */
const specParser = parserOf(TaskSpec);
const gossipParser = parserOf(GossipTask);

/**
 * @returns the spec complete, every default filled in, the algorithm's settings among them.
 * @throws bad_task_spec; `details` is a SpecProblem[] of every wrong field, and the message names them all.
 */
export function parseTaskSpec(input: unknown): TaskSpec {
  if (modeOf(input) === 'gossip') throw badTaskSpec([{ path: 'mode', message: 'peers learn a gossip task among themselves; here a federated one was expected' }]);
  return complete(specParser.safeParse(input, SUGGESTING), input, findIncompatibilities);
}

/** The same for a task in gossip mode, the settings of its way and of its graph among them. @throws bad_task_spec */
export function parseGossipTask(input: unknown): GossipTask {
  const name = algorithmNameIn(input);
  const nothing = typeof name === 'string' ? brokenBy([NOTHING_TO_AVERAGE], { algorithm: { name } }) : [];
  if (nothing.length > 0) throw badTaskSpec(nothing);
  const task = complete(gossipParser.safeParse(input, SUGGESTING), input, gossipIncompatibilities);
  return { ...task, gossip: { ...task.gossip, way: wayOf(task.gossip.way) } };
}

/** Either, by its `mode`. @throws bad_task_spec */
export function parseAnyTask(input: unknown): AnyTask {
  return modeOf(input) === 'gossip' ? parseGossipTask(input) : parseTaskSpec(input);
}

function modeOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'mode' in input ? input.mode : undefined;
}

function algorithmIn(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'algorithm' in input ? input.algorithm : undefined;
}

function algorithmNameIn(input: unknown): unknown {
  const setting = algorithmIn(input);
  return typeof setting === 'object' && setting !== null && 'name' in setting ? setting.name : undefined;
}

function complete<Spec extends AnyTask>(spec: z.ZodSafeParseResult<Spec>, input: unknown, incompatibilities: (spec: Spec) => readonly SpecProblem[]): Spec {
  const problems = spec.success ? [] : problemsOf(spec.error.issues, []);
  const algorithm = parseAlgorithm(input);
  problems.push(...algorithm.problems);
  if (!spec.success || algorithm.config === null) throw badTaskSpec(problems);
  const whole: Spec = { ...spec.data, algorithm: algorithm.config };
  problems.push(...incompatibilities(whole));
  if (problems.length > 0) throw badTaskSpec(problems);
  return whole;
}

/** The way's settings with every default filled in. @throws bad_task_spec */
function wayOf({ name, ...settings }: GossipTask['gossip']['way']): GossipTask['gossip']['way'] {
  const config = findWay(name).config.safeParse(settings, SUGGESTING);
  if (!config.success) throw badTaskSpec(problemsOf(config.error.issues, ['gossip', 'way']));
  return { name, ...(config.data as object) };
}

/** For problems that only others can see (a model that does not fit its data): the same error, so that an author reads one kind. */
export function badTaskSpec(problems: readonly SpecProblem[]): MurmurError {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return new MurmurError('bad_task_spec', `the task is refused: ${lines.join('; ')}`, { details: problems });
}

/** Looked at even where the rest is wrong, so that an author sees all mistakes at once. */
function parseAlgorithm(input: unknown): { config: TaskSpec['algorithm'] | null; problems: SpecProblem[] } {
  const setting = algorithmIn(input);
  const name = algorithmNameIn(input);
  // Where there is no name to look up, the TaskSpec's own schema has said so.
  if (typeof name !== 'string') return { config: null, problems: [] };
  if (!ALGORITHM_NAMES.includes(name)) {
    return { config: null, problems: [{ path: 'algorithm.name', message: `there is no algorithm ${JSON.stringify(name)}; there are: ${ALGORITHM_NAMES.join(', ')}${meantBy(name, ALGORITHM_NAMES)}` }] };
  }
  const { name: _name, ...settings } = setting as { name: string };
  const config = configParserOf(name).safeParse(settings, SUGGESTING);
  if (!config.success) return { config: null, problems: problemsOf(config.error.issues, ['algorithm']) };
  return { config: { name, ...(config.data as object) }, problems: [] };
}

/** Every wrong field of a schema's issues, by its path below `prefix`. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], prefix: readonly PropertyKey[]): SpecProblem[] {
  return issues.flatMap((issue): SpecProblem[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return unknownSettings(issue).map(({ key, message }) => ({ path: dotted([...path, key]), message }));
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      return choicesOf(issue.errors).map((problem) => ({ path: dotted([...path, ...(problem.path === '' ? [] : [problem.path])]), message: problem.message }));
    }
    return [{ path: dotted(path), message: issue.message }];
  });
}

/** Where a setting may be one of several things: what is wrong with the one that was meant, else all that it may be. */
function choicesOf(branches: readonly (readonly z.core.$ZodIssue[])[]): SpecProblem[] {
  const ofAnotherKind = (branch: readonly z.core.$ZodIssue[]): boolean => branch.some(({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'));
  const meant = branches.filter((branch) => !ofAnotherKind(branch));
  if (meant.length === 1) return problemsOf(meant[0], []);
  const said = (meant.length > 0 ? meant : branches).map((branch) => problemsOf(branch, []).map(({ path, message }) => [path, message].filter(Boolean).join(': ')).join(' and '));
  // What was found is said once: found "x", expected a number, or an object.
  const found = said.length > 1 ? /^found .*?, expected /.exec(said[0])?.[0] : undefined;
  const rest = said.slice(1).map((one) => (found !== undefined && one.startsWith(found) ? one.slice(found.length) : one));
  return [{ path: '', message: [said[0], ...rest].join(', or ') }];
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}
