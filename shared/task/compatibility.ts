/**
 * The compatibility matrix: the one table of parts of a task that exclude each other, put together from a file a subject.
 * A new rule is one entry in the file of its subject; a task that breaks it is refused with the reason and the alternative.
 */
import { modelFreeOf, numbersForwarded } from '../algorithms/model-free.ts';
import { configOf } from '../algorithms/registry.ts';
import { WAY_NAMES } from '../gossip/registry.ts';
import { AGGREGATION_RULES } from './compatibility/aggregation.ts';
import { ASYNCHRONOUS_RULES } from './compatibility/asynchronous.ts';
import { DATA_RULES } from './compatibility/data.ts';
import { DIAGNOSIS_RULES } from './compatibility/diagnosis.ts';
import { EVALUATION_RULES } from './compatibility/evaluation.ts';
import { GOSSIP_RULES } from './compatibility/gossip.ts';
import { PERSONAL_RULES } from './compatibility/personal.ts';
import { brokenBy, type CompatibilityRule, type Incompatibility } from './compatibility/rule.ts';
import { SELECTION_RULES } from './compatibility/selection.ts';
import { STATISTICS_RULES } from './compatibility/statistics.ts';
import type { GossipTask, TaskSpec } from './task-spec.ts';

/** Of tasks that a coordinator leads. Refusals are told in this order. */
const FEDERATED_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  ...DATA_RULES, ...SELECTION_RULES, ...DIAGNOSIS_RULES, ...ASYNCHRONOUS_RULES, ...PERSONAL_RULES, ...EVALUATION_RULES, ...AGGREGATION_RULES, ...STATISTICS_RULES,
];

/** Of tasks in gossip mode. */
const PEER_RULES: readonly CompatibilityRule<GossipTask>[] = [...DATA_RULES, ...GOSSIP_RULES];

/** What is wrong with the parts of a valid spec together; empty when they can serve one task. */
export function findIncompatibilities(spec: TaskSpec): readonly Incompatibility[] {
  return [...brokenBy(FEDERATED_RULES, spec), ...misfits(spec)];
}

/** Of a report without a model: 64 MB. */
const MOST_NUMBERS = 2 ** 23;

/** What an algorithm without a model finds wrong with its data. */
function misfits(spec: TaskSpec): readonly Incompatibility[] {
  const free = modelFreeOf(spec);
  if (free === null) return [];
  const problems = free.problems(spec.data, configOf(spec.algorithm)).map(({ path, message }) => ({ path: `algorithm.${path}`, message }));
  if (problems.length > 0) return problems;
  const numbers = numbersForwarded(spec);
  return numbers <= MOST_NUMBERS ? [] : [{ path: 'algorithm', message: `each report would hold ${numbers} numbers, and ${MOST_NUMBERS} are taken; ask for less, make several tasks of it, or take smaller examples` }];
}

/** The same for a task in gossip mode. */
export function gossipIncompatibilities(task: GossipTask): readonly Incompatibility[] {
  const { name } = task.gossip.way;
  if (!WAY_NAMES.includes(name)) return [{ path: 'gossip.way.name', message: `there is no way to gossip ${JSON.stringify(name)}; there are: ${WAY_NAMES.join(', ')}` }];
  return brokenBy(PEER_RULES, task);
}
