/** Every algorithm, by name. A new one is one file and one line here. */
import { MurmurError } from '../errors.ts';
import type { StatisticSchema } from '../statistics/statistic.ts';
import type { TaskSpec } from '../task/task-spec.ts';
import type { Layout } from '../tensors/layout.ts';
import type { Algorithm } from './algorithm.ts';
import { fedavg } from './fedavg.ts';
import { fedsgd } from './fedsgd.ts';

const ALGORITHMS: readonly Algorithm[] = [
  fedavg,
  fedsgd,
];

export const ALGORITHM_NAMES: readonly string[] = ALGORITHMS.map(({ name }) => name);

/**
 * The algorithm; its `config` schema turns a task's `algorithm` setting into what its other methods take.
 * In a TaskSpec that `parseTaskSpec` gave, that setting is parsed already and can be passed as it is.
 * @throws bad_task_spec when there is none of that name.
 */
export function findAlgorithm(name: string): Algorithm {
  const found = ALGORITHMS.find((algorithm) => algorithm.name === name);
  if (!found) throw new MurmurError('bad_task_spec', `there is no algorithm ${JSON.stringify(name)}; there are: ${ALGORITHM_NAMES.join(', ')}`);
  return found;
}

/** What every report of the task is checked against. */
export function statisticSchemaFor(spec: TaskSpec, layout: Layout): StatisticSchema {
  return { fields: findAlgorithm(spec.algorithm.name).needs.fields(layout), maxWeight: spec.limits.maxWeight, maxNorm: spec.limits.maxNorm };
}
