/**
 * What a simulation writes down while it runs: one JSON object a line, in `rounds.jsonl` of its folder. Everything that is
 * drawn, tabled or exported is made from these lines, so that it can be made again, from an unfinished run, too.
 */

import type { TaskResult } from '../../shared/algorithms/statistics/result.ts';
import type { EvaluatedVersion } from '../../shared/evaluation/summary.ts';
import type { LiveStaleness } from '../../shared/protocol/live-view.ts';
import type { Settings } from '../sweep/expand-sweep.ts';

/** The first line; again after a resume. */
export interface RunLine {
  readonly type: 'run';
  readonly scenario: string;
  readonly description: string;
  readonly seed: number;
  readonly task: string;
  /** Accuracy to reach; null: none. */
  readonly target: number | null;
  /** Edges by number; `deviceClass` is an index into `deviceClasses`. */
  readonly deviceClasses: readonly string[];
  readonly edges: readonly { readonly deviceClass: number; readonly examples: number }[];
  /** What its caller set of the scenario, by dotted paths; the description is the scenario's own. Left out: nothing. */
  readonly settings?: Settings | undefined;
  /** In gossip mode alone: how its peers come together. */
  readonly gossip?: GossipRun | undefined;
  /** Numbers of the edges that attack, where some do. */
  readonly attackers?: readonly number[] | undefined;
}

export interface GossipRun {
  readonly way: string;
  readonly topology: string;
  /** By which factor the distance of the peers' models to their mean shrinks in a round of mixing, by the graph; null where there is no graph, or the way does not mix by it. */
  readonly contraction: number | null;
}

/** What a round in gossip mode has beside those of federated tasks. */
export interface GossipRound {
  /** Peers whose models were judged, and the lowest accuracy among them. The line's own `accuracy` and `loss` are their means. */
  readonly judged: number;
  readonly worst: number | null;
  /** Root mean square of the Euclidean distances of the peers' models to their mean. */
  readonly consensus: number;
  /** Letters that were waited for in vain. */
  readonly missed: number;
  /** Peers that came, and that left, since the round before. */
  readonly came: number;
  readonly left: number;
}

/** What stood wrong with the task at a round's end; edges by their numbers. */
export interface RoundFinding {
  readonly reading: string;
  readonly since: number;
  readonly sure: 'possible' | 'likely' | 'certain';
  readonly edges: readonly number[];
}

/** A round that ended. */
export interface RoundLine {
  readonly type: 'round';
  readonly round: number;
  readonly outcome: 'committed' | 'aborted';
  /** Why it was aborted; null otherwise. */
  readonly reason: string | null;
  readonly version: number | null;
  /** Virtual milliseconds from the start of the simulation to the end of the round. */
  readonly virtualMs: number;
  /** Real milliseconds that the round took. */
  readonly wallMs: number;
  /** Central evaluation; null where this version was not evaluated. */
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly trainLoss: number | null;
  /** What the round's edges found of the version that they went on from; left out where they judged none. */
  readonly evaluation?: EvaluatedVersion | undefined;
  readonly eligible: number;
  readonly selected: number;
  readonly reported: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Virtual milliseconds in each phase. */
  readonly phaseMs: Readonly<Record<string, number>>;
  /** How many considered edges were not chosen, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Numbers of the edges that were selected, and of those whose reports counted. */
  readonly selectedEdges: readonly number[];
  readonly reportedEdges: readonly number[];
  /** Where there is a backdoor: the share of triggered test images of other classes that this version reads as its class. */
  readonly attackSuccess?: number | undefined;
  /** Of tasks without rounds to wait for: how many versions the reports were behind. */
  readonly staleness?: LiveStaleness;
  /** How often what struck since the round before, where the scenario has faults. */
  readonly faults?: Readonly<Record<string, number>>;
  /** Left out where nothing was wrong. */
  readonly findings?: readonly RoundFinding[];
  /**
   * In gossip mode alone. There a round has ended when every peer that is there has ended it; `eligible` and `selected` are the peers that are
   * there, `reported` those that learned in it, `bytesUp` what they sent since the round before and `bytesDown` what of that arrived.
   */
  readonly gossip?: GossipRound;
}

/** The last line of a run that reached its end, and what `--json` ends with. */
export interface ResultLine {
  readonly type: 'result';
  readonly scenario: string;
  readonly seed: number;
  readonly rounds: number;
  /** First round at which the best accuracy so far crosses the target, interpolated between evaluations; null where it never did. */
  readonly roundsToTarget: number | null;
  readonly target: number | null;
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Virtual seconds from the start to the end, and to the target. */
  readonly virtualSeconds: number;
  readonly virtualSecondsToTarget: number | null;
  readonly wallSeconds: number;
  /** SHA-256 of the last version's checkpoint; in gossip mode of all peers' models, one behind the other by their numbers, float32, little-endian. */
  readonly digest: string;
  /** Of the last version that was evaluated, where there is a backdoor. */
  readonly attackSuccess?: number | undefined;
  /** What the last version of a task without a model says. */
  readonly found?: TaskResult | undefined;
  /** In gossip mode alone. */
  readonly gossip?: GossipResult;
}

/** All peers' models at the end, on all held-out examples; null where nothing was judged. */
export interface GossipResult {
  readonly peers: number;
  /** The result's own `accuracy` is the mean over the peers. */
  readonly worst: number | null;
  /** Of the mean of all models. */
  readonly accuracyOfMean: number | null;
  readonly consensus: number;
  /** Sent, the mean over the peers. */
  readonly bytesPerPeer: number;
}

export type RecordLine = RunLine | RoundLine | ResultLine;
