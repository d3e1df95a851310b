/**
 * Settings that name another task: `{ "fromTask": "people" }` where a task's author would write numbers that only the
 * population knows. They are put in place when the task is created, so that a task that was created never changes.
 *
 *     data.standardise                    every numeric feature that has none of its own
 *     data.features.N.standardise         mean and deviation of the column of that name
 *     data.label.standardise              the same
 *     algorithm.columns.N.outliers        fences `times` (1.5) interquartile ranges beyond the quartiles (Tukey 1977)
 */
import type { ColumnResult, TaskResult } from '../algorithms/statistics/result.ts';
import { toMurmurError } from '../errors.ts';
import { badTaskSpec, type SpecProblem } from './parse-task-spec.ts';

/** The newest result of a task without a model. @throws not_found, bad_usage, saying why there is none */
export type FindResult = (task: string) => Promise<{ readonly version: number; readonly result: TaskResult }>;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isReference = (value: unknown): value is Fields & { readonly fromTask: string } => isFields(value) && typeof value.fromTask === 'string';

/** What is named and cannot be resolved. */
class Unresolved extends Error {}

/** The document with every reference resolved; what is no reference is left to the schema. @throws bad_task_spec with the path of each that cannot be */
export async function resolveReferences(input: unknown, findResult: FindResult): Promise<unknown> {
  if (!isFields(input)) return input;
  const problems: SpecProblem[] = [];
  const at = async (path: string, value: unknown, resolve: (reference: Fields & { readonly fromTask: string }) => Promise<unknown>): Promise<unknown> => {
    if (!isReference(value)) return value;
    try {
      return await resolve(value);
    } catch (thrown) {
      const message = thrown instanceof Unresolved ? thrown.message : toMurmurError(thrown).message;
      // One setting stands for all features, and what is wrong with it is said once.
      if (!problems.some((one) => one.path === path && one.message === message)) problems.push({ path, message });
      return value;
    }
  };
  const data = isFields(input.data) ? await resolvedData(input.data, at, findResult) : input.data;
  const algorithm = isFields(input.algorithm) && Array.isArray(input.algorithm.columns) ? await resolvedColumns(input.algorithm, input.algorithm.columns, at, findResult) : input.algorithm;
  if (problems.length > 0) throw badTaskSpec(problems);
  return { ...input, ...(data === undefined ? {} : { data }), ...(algorithm === undefined ? {} : { algorithm }) };
}

type At = (path: string, value: unknown, resolve: (reference: Fields & { readonly fromTask: string }) => Promise<unknown>) => Promise<unknown>;

async function resolvedData(data: Fields, at: At, findResult: FindResult): Promise<Fields> {
  if (data.kind !== 'table') {
    await at('data.standardise', data.standardise, () => Promise.reject(new Unresolved('only the columns of a table are standardised; images have data.scale, columns and texts are read as they stand')));
    return data;
  }
  const { standardise: forAll, ...rest } = data;
  const standardised = (column: unknown, path: string, setting: unknown): Promise<unknown> => at(path, setting, (reference) => standardisation(reference, column, findResult));
  const features = Array.isArray(data.features)
    ? await Promise.all(data.features.map(async (feature: unknown, i) => {
        if (!isFields(feature) || feature.type !== 'numeric') return feature;
        const own = feature.standardise !== undefined;
        const setting = await standardised(feature.column, own || forAll === undefined ? `data.features.${i}.standardise` : 'data.standardise', own ? feature.standardise : forAll);
        return setting === undefined ? feature : { ...feature, standardise: setting };
      }))
    : data.features;
  const label = isFields(data.label) && data.label.standardise !== undefined ? { ...data.label, standardise: await standardised(data.label.column, 'data.label.standardise', data.label.standardise) } : data.label;
  // One that is no reference is none of a table's settings, and the schema says so.
  return { ...rest, features, label, ...(forAll === undefined || isReference(forAll) ? {} : { standardise: forAll }) };
}

async function resolvedColumns(algorithm: Fields, columns: readonly unknown[], at: At, findResult: FindResult): Promise<Fields> {
  const resolved = await Promise.all(columns.map(async (request, i) => {
    if (!isFields(request) || !isReference(request.outliers)) return request;
    return { ...request, outliers: await at(`algorithm.columns.${i}.outliers`, request.outliers, (reference) => fences(reference, request.column, findResult)) };
  }));
  return { ...algorithm, columns: resolved };
}

async function standardisation({ fromTask }: { readonly fromTask: string }, column: unknown, findResult: FindResult): Promise<unknown> {
  const { version, found } = await columnOf(fromTask, column, findResult);
  const moments = found.measures?.moments;
  if (moments === undefined) throw new Unresolved(`task ${fromTask} has no moments of the column ${JSON.stringify(column)}: it must ask for them ("moments": true)`);
  if (moments.mean === null || moments.deviation === null) throw new Unresolved(`task ${fromTask} found no value in the column ${JSON.stringify(column)}`);
  if (!(moments.deviation > 0)) throw new Unresolved(`the column ${JSON.stringify(column)} has the same value everywhere (task ${fromTask}): it cannot be standardised, and teaches nothing; leave it out`);
  return { mean: moments.mean, deviation: moments.deviation, from: { task: fromTask, version } };
}

async function fences({ fromTask, times = 1.5 }: { readonly fromTask: string; readonly times?: unknown }, column: unknown, findResult: FindResult): Promise<unknown> {
  if (typeof times !== 'number' || !(times > 0 && Number.isFinite(times))) throw new Unresolved('times is a number above 0');
  const { found } = await columnOf(fromTask, column, findResult);
  const quartile = (at: number): number | null => found.measures?.quantiles?.values.find((one) => one.at === at)?.value ?? null;
  const [lower, upper] = [quartile(0.25), quartile(0.75)];
  if (lower === null || upper === null) throw new Unresolved(`task ${fromTask} has no quartiles of the column ${JSON.stringify(column)}: it must ask for them ("quantiles": { "at": [0.25, 0.75] })`);
  const range = upper - lower;
  if (!(range > 0)) throw new Unresolved(`the quartiles of ${JSON.stringify(column)} are the same (task ${fromTask}): give the fences as numbers`);
  return { below: lower - times * range, above: upper + times * range };
}

async function columnOf(task: string, column: unknown, findResult: FindResult): Promise<{ readonly version: number; readonly found: ColumnResult }> {
  const { version, result } = await findResult(task);
  if (result.kind !== 'statistics') throw new Unresolved(`task ${task} computes ${result.kind}; numbers of columns come from the algorithm statistics`);
  const found = result.columns.find((one) => one.column === column);
  if (found === undefined) throw new Unresolved(`task ${task} says nothing of a column ${JSON.stringify(column)}; it has: ${result.columns.map((one) => one.column).join(', ')}`);
  if (found.withheld) throw new Unresolved(`task ${task} withholds the column ${JSON.stringify(column)}: ${found.withheld.message}`);
  return { version, found };
}
