/**
 * What one sees of a running coordinator: the namespace `/watch` sends it to pages, the
 * terminal draws the same. Read only; no statistic and no example is in it.
 */
import type { EvaluatedVersion } from '../evaluation/summary.ts';
import type { Capabilities, Conditions } from '../task/conditions.ts';
import type { LiveSwarm } from './live-swarm.ts';
import type { LiveSwarmHistory } from './swarm-history.ts';

export const PHASES = ['initialization', 'selection', 'configuration', 'reporting', 'updating'] as const;
export type Phase = (typeof PHASES)[number];

/** How many versions the reports of a buffer are behind: their mean, and the most. */
export interface LiveStaleness {
  readonly mean: number;
  readonly worst: number;
}

/** Of a task without rounds to wait for: in place of phases. */
export interface LiveBuffer {
  /** Edges that work now, and how many may at once. */
  readonly working: number;
  readonly concurrency: number;
  /** A version is being made of the buffer before. */
  readonly updating: boolean;
  /** Of the reports of the newest version; null where no buffer has made one. */
  readonly staleness: LiveStaleness | null;
}

export interface LiveRound {
  readonly round: number;
  readonly outcome: 'committed' | 'aborted';
  readonly reason: string | null;
  readonly version: number | null;
  /** Central evaluation on held-out examples; null where the task has none. */
  readonly accuracy: number | null;
  readonly loss: number | null;
  /** Weighted mean of the edges' training loss. */
  readonly trainLoss: number | null;
  /** What its edges found of the version that they went on from, which it is of; left out where they judged none. */
  readonly evaluation?: EvaluatedVersion;
  readonly eligible: number;
  readonly selected: number;
  readonly reported: number;
  /** How many considered edges were not chosen, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Milliseconds spent in each phase. */
  readonly phaseMs: Readonly<Record<string, number>>;
  readonly durationMs: number;
  readonly endedAt: number;
  /** Of a task without rounds to wait for alone. */
  readonly staleness?: LiveStaleness;
}

export interface LiveTask {
  readonly task: string;
  readonly description: string;
  readonly status: 'created' | 'running' | 'stopped' | 'finished';
  readonly statusReason: string | null;
  readonly round: number;
  /** null while the task does not run. */
  readonly phase: Phase | null;
  readonly phaseStartedAt: number;
  /** When the phase ends at the latest; null: no deadline. */
  readonly deadline: number | null;
  readonly goal: number;
  readonly eligible: number;
  readonly selected: number;
  readonly reported: number;
  readonly targetAccuracy: number | null;
  readonly maxRounds: number | null;
  readonly version: number;
  /** The version that is best so far, by the task's own measure; null before any was judged. */
  readonly best?: number | null;
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly startedAt: number;
  /** How many things stand wrong with it, as far as the coordinator can see; left out where none does. */
  readonly findings?: number;
  /** True of a task whose versions are results of statistics. */
  readonly withoutModel?: boolean;
  /** Of a task without rounds to wait for alone: then `round` is the buffer that fills. */
  readonly buffer?: LiveBuffer;
  /** Of a task in gossip mode alone: its peers that are connected to the coordinator now. */
  readonly swarm?: { readonly connected: number };
}

export interface LiveEdge {
  readonly edge: string;
  readonly name: string;
  readonly connected: boolean;
  readonly capabilities: Capabilities | null;
  readonly conditions: Conditions | null;
  /** For the running tasks, the most; where it serves none just now, what it said last. null: it has not said since the coordinator started. */
  readonly examples: number | null;
  /** What it does now: waiting, assigned, training, reported, away, … */
  readonly activity: string;
  /** Why it was or was not chosen last. */
  readonly reason: string;
  /** Rounds in which its report was merged. */
  readonly contributions: number;
  readonly lastSeen: number;
}

/** Sent at most a few times a second, whole: it is small (the edges most recently active, up to a limit). */
export interface LiveState {
  readonly now: number;
  readonly tasks: readonly LiveTask[];
  readonly edges: readonly LiveEdge[];
  /** Edges known in all; `edges` may show fewer. */
  readonly edgesInAll: number;
}

/** Events of `/watch`, server to page. */
export interface WatchEvents {
  /** The whole state; on connecting and whenever it changed. */
  state: (state: LiveState) => void;
  /** Ended rounds of one task, oldest first; all (up to a limit) on connecting, then the new ones. */
  rounds: (task: string, rounds: readonly LiveRound[]) => void;
  /** The past of one task in gossip mode, before its present; on connecting. */
  swarmHistory: (history: LiveSwarmHistory) => void;
  /** One task in gossip mode; on connecting and whenever it changed. */
  swarm: (swarm: LiveSwarm) => void;
}
