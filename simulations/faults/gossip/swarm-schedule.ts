/** What goes wrong in one run of a swarm, and in which world: plain data, drawn from a seed before the run begins. */
import { z } from 'zod';
import { parseBy } from '../schedule.ts';
import { SwarmFault } from './swarm-fault.ts';

const ms = z.number().nonnegative();

const SwarmWorld = z.strictObject({
  peers: z.int().min(1).max(16),
  /** As in a task: the way with its settings, and who is linked to whom. */
  way: z.looseObject({ name: z.string() }),
  topology: z.looseObject({ name: z.string() }),
  clip: z.union([z.number().positive(), z.literal('auto')]).nullable(),
  strikes: z.int().positive(),
  minimumPeers: z.int().positive(),
  patienceSeconds: z.number().positive(),
  /** Rounds after which a peer has finished; null: it learns until it is stopped. */
  rounds: z.int().positive().nullable(),
  /** Values of the model: the line's two, and others. */
  size: z.int().min(3).max(100_000),
  /** Longest message of a wire: frames that are longer go in parts. */
  messageBytes: z.int().min(16_384),
  /** One way, between peers and to an introducer. */
  latencyMs: ms,
  /** How long a reply of an introducer is waited for. */
  replyMs: z.number().positive(),
  /** How long training takes: uniform between them. */
  leastTrainingMs: ms,
  mostTrainingMs: ms,
  /** Rendezvous that all peers know. */
  introducers: z.int().min(1).max(3),
  /** The peers 0 to n − 1 listen: whoever is connected to them comes into the swarm by them, too. */
  listeners: z.int().nonnegative(),
  /** Between the starts of two peers. */
  apartMs: ms,
  /** Peers' timers fire by so much too early. */
  earlyTimersMs: ms,
});
export type SwarmWorld = z.infer<typeof SwarmWorld>;

const Schedule = z.strictObject({ seed: z.int(), world: SwarmWorld, faults: z.array(SwarmFault).max(10_000) });

export interface SwarmSchedule {
  /** Of everything that the schedule does not say: how long each training takes, who is drawn. */
  readonly seed: number;
  readonly world: SwarmWorld;
  readonly faults: readonly SwarmFault[];
}

/** @throws bad_config with the path of each wrong field */
export const parseSwarmSchedule = (value: unknown): SwarmSchedule => parseBy(Schedule, value);
