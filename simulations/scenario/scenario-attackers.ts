/** Which edges of a scenario attack, and how. */
import { z } from 'zod';
import { createRandom, shuffle } from '../../shared/random.ts';
import type { SpecProblem } from '../../shared/task/parse-task-spec.ts';
import { classesOf } from '../../shared/task/data-contract.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import { AttackSpec, findAttack, settingsOf } from '../attacks/registry.ts';

export const ScenarioAttackers = z.strictObject({
  /** Of the edges, drawn by the simulation's seed, rounded; or which ones they are. */
  fraction: z.number().min(0).max(1).nullable().default(null),
  edges: z.array(z.int().nonnegative()).nullable().default(null),
  attack: AttackSpec,
});
export type ScenarioAttackers = z.infer<typeof ScenarioAttackers>;

/** Their numbers, ascending. @param seed of the simulation */
export function attackersOf({ fraction, edges: named }: ScenarioAttackers, edges: number, seed: number): readonly number[] {
  if (named !== null) return [...new Set(named)].sort((a, b) => a - b);
  const order = shuffle(Array.from({ length: edges }, (_, i) => i), createRandom(seed).fork('attackers'));
  return order.slice(0, Math.round((fraction ?? 0) * edges)).sort((a, b) => a - b);
}

/** What is right by itself, and cannot be in a scenario of so many edges with that task. */
export function attackerProblems(attackers: ScenarioAttackers, edges: number, kind: 'real' | 'trivial', task: TaskSpec): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const { fraction, edges: named, attack } = attackers;
  if ((fraction === null) === (named === null)) problems.push({ path: 'attackers', message: 'either a fraction of the edges, or the numbers of those that attack' });
  const wrong = named?.find((number) => number >= edges);
  if (wrong !== undefined) problems.push({ path: 'attackers.edges', message: `there are ${edges} edges, from 0 to ${edges - 1}` });
  if (kind === 'trivial') problems.push({ path: 'attackers', message: 'trivial training learns nothing that an attack could spoil; take real training' });
  const poison = findAttack(attack.name).poison(settingsOf(attack));
  const classes = classesOf(task.data);
  if (poison !== null && classes === null) problems.push({ path: 'attackers.attack', message: 'it falsifies classes, and a numeric label has none' });
  if (poison?.kind === 'backdoor' && task.data.kind !== 'image') problems.push({ path: 'attackers.attack', message: 'a trigger is stamped on images, and this task has none' });
  if (poison?.kind === 'backdoor' && classes !== null && poison.trigger.target >= classes.length) problems.push({ path: 'attackers.attack.target', message: `there are ${classes.length} classes, from 0 to ${classes.length - 1}` });
  return problems;
}
