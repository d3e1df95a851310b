/** A scenario of a task in gossip mode: as those of federated tasks, but that there is no server which evaluates, and other things break. */
import { z } from 'zod';
import { parseGossipTask, type SpecProblem } from '../../shared/task/parse-task-spec.ts';
import type { GossipTask, GossipTaskInput } from '../../shared/task/task-spec.ts';
import { GossipFaults, gossipFaultProblems } from './gossip-faults.ts';
import { parseScenario, parseWith, sharedFields, type Scenario, type ScenarioInput } from './scenario.ts';

/** Every peer has a model of its own: to judge them all on everything in each round would cost more than to train them. */
const Evaluation = z.strictObject({
  /** Every so many rounds, and after the last one; 0: after the last one alone. */
  everyRounds: z.int().nonnegative().default(1),
  /** Peers whose models are judged, always the same ones while they live; after the last round all are. null: all. */
  peers: z.int().positive().nullable().default(10),
  /** Held-out examples that they are judged on; after the last round on all. null: all. */
  examples: z.int().positive().nullable().default(2000),
});

const Document = z.strictObject({
  ...sharedFields,
  evaluation: Evaluation.prefault({}),
  /** What breaks; null: nothing. */
  faults: GossipFaults.nullable().default(null),
});

export type GossipScenarioInput = Omit<z.input<typeof Document>, 'task'> & { readonly task: Omit<GossipTaskInput, 'name' | 'stop'> };
export type GossipScenario = Omit<z.output<typeof Document>, 'task'> & { readonly task: GossipTask };

export type AnyScenarioInput = ScenarioInput | GossipScenarioInput;
export type AnyScenario = Scenario | GossipScenario;

export const isGossipScenario = (scenario: AnyScenario): scenario is GossipScenario => scenario.task.mode === 'gossip';

/** @throws bad_config with the path of each wrong field */
export function parseGossipScenario(input: unknown): GossipScenario {
  // The scenario's target is one of the run: no peer ends by itself while others go on.
  const scenario = parseWith(Document, parseGossipTask, misfits, input);
  return { ...scenario, task: { ...scenario.task, stop: { ...scenario.task.stop, accuracy: null } } };
}

/** Either, by the mode of its task. @throws bad_config */
export function parseAnyScenario(input: unknown): AnyScenario {
  return modeOf(input) === 'gossip' ? parseGossipScenario(input) : parseScenario(input);
}

function modeOf(input: unknown): unknown {
  const task: unknown = typeof input === 'object' && input !== null && 'task' in input ? input.task : undefined;
  return typeof task === 'object' && task !== null && 'mode' in task ? task.mode : undefined;
}

function misfits({ edges, rounds, faults }: z.output<typeof Document>, { gossip }: GossipTask): SpecProblem[] {
  const problems: SpecProblem[] = [];
  if (edges < gossip.minimumPeers) problems.push({ path: 'edges', message: `${edges} peers are fewer than those that each waits for before it begins (task.gossip.minimumPeers: ${gossip.minimumPeers})` });
  if (edges < 2) problems.push({ path: 'edges', message: 'a peer alone has nobody to gossip with' });
  if (faults !== null) problems.push(...gossipFaultProblems(faults, rounds, gossip.topology.name === 'overlay'));
  return problems;
}
