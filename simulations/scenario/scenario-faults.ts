/**
 * What breaks in a scenario: by rates, each drawn from the simulation's seed, and by single faults at instants of their own.
 * They are the faults of the fault seeds (`simulations/faults`), on a fleet of any size and with training that is real.
 */
import { z } from 'zod';
import { coordinatorRequests, edgeRequests } from '../../shared/protocol/messages.ts';
import { MESSAGE_FATES, ScenarioFault } from '../faults/fault.ts';
import type { SpecProblem } from '../../shared/task/parse-task-spec.ts';

/** A download of weights is no message of the protocol, and is lost, late, garbled and cut like one. */
export const DOWNLOAD = 'checkpoint';
const MESSAGE_TYPES = [...Object.keys(edgeRequests), ...Object.keys(coordinatorRequests), DOWNLOAD] as const;

const share = z.number().min(0).max(1).default(0);
/** More would leave no time between them. */
const perHour = z.number().nonnegative().max(100_000).default(0);

const Messages = z.strictObject({
  /** Shares of the messages, requests and replies alike: of each at most one happens. */
  drop: share,
  duplicate: share,
  /** Later than those behind it. */
  delay: share,
  corrupt: share,
  /** The link breaks while it is half sent. */
  cut: share,
  /** How late one comes that is delayed, or comes twice: uniform up to this. */
  lateSeconds: z.number().positive().default(5),
  /** Which messages; null: all. */
  types: z.array(z.enum(MESSAGE_TYPES)).min(1).nullable().default(null),
});

const Edges = z.strictObject({
  /** Of each edge: its process dies, and is started again with the same key and the same stored state. */
  crashesPerHour: perHour,
  downSeconds: z.number().nonnegative().default(30),
  /** Of each edge: its link breaks. */
  cutsPerHour: perHour,
  /** Clocks are wrong by up to so much either way, and gain or lose up to this share. */
  clockSeconds: z.number().nonnegative().default(0),
  clockDrift: z.number().min(0).max(0.5).default(0),
});

const Coordinator = z.strictObject({
  crashesPerHour: perHour,
  downSeconds: z.number().nonnegative().default(10),
  /** How many of its deaths are power cuts, in which what was not synced is lost, torn or garbled; in the others its process is killed. */
  powerCuts: z.number().min(0).max(1).default(0.5),
  clockSeconds: z.number().default(0),
  clockDrift: z.number().min(-0.5).max(0.5).default(0),
});

const DiskFaults = z.strictObject({
  /** A step of the coordinator's disk fails: it cannot open, write, sync or rename, or is read-only. */
  failuresPerHour: perHour,
  /** It is full, for so long. */
  fullPerHour: perHour,
  fullSeconds: z.number().positive().default(10),
});

export const ScenarioFaults = z.strictObject({
  messages: Messages.prefault({}),
  edges: Edges.prefault({}),
  coordinator: Coordinator.prefault({}),
  disk: DiskFaults.prefault({}),
  /** Virtual hours between which these happen; `untilHours` null: to the end. */
  fromHours: z.number().nonnegative().default(0),
  untilHours: z.number().positive().nullable().default(null),
  /** Single ones, as in a schedule of the fault seeds, whenever they are due. */
  events: z.array(ScenarioFault).max(10_000).default([]),
});
export type ScenarioFaults = z.infer<typeof ScenarioFaults>;

/** What is right by itself, and cannot happen in a scenario of so many edges. */
export function faultProblems({ messages, events, fromHours, untilHours }: ScenarioFaults, edges: number): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const all = MESSAGE_FATES.reduce((sum, fate) => sum + messages[fate], 0);
  // The rounding of the sum is nobody's mistake.
  if (all > 1 + 1e-9) problems.push({ path: 'faults.messages', message: `${MESSAGE_FATES.join(', ')} are shares of the same messages, and make more than 1 in all` });
  if (untilHours !== null && untilHours <= fromHours) problems.push({ path: 'faults.untilHours', message: 'it lies before fromHours' });
  for (const [index, event] of events.entries()) {
    const at = `faults.events.${index}`;
    if ('edge' in event && event.edge !== null && event.edge >= edges) problems.push({ path: `${at}.edge`, message: `there are ${edges} edges, from 0 to ${edges - 1}` });
    if (event.kind === 'message' && !(MESSAGE_TYPES as readonly string[]).includes(event.type)) problems.push({ path: `${at}.type`, message: `no such message; there are: ${MESSAGE_TYPES.join(', ')}` });
    if (event.kind === 'message' && event.type === DOWNLOAD && (event.leg === 'request' || event.fate === 'duplicate')) problems.push({ path: `${at}.${event.leg === 'request' ? 'leg' : 'fate'}`, message: 'of a download the reply is lost, late, garbled or cut' });
    if (event.kind === 'crash' && (event.when === 'point') !== (event.point !== undefined)) problems.push({ path: `${at}.point`, message: event.point === undefined ? 'which point of a round?' : 'a point goes with when: "point"' });
  }
  return problems;
}
