/**
 * The TaskSpec: everything that is learned and how, in one validated document, in two modes that share all but how edges
 * come together. The algorithm's own settings, and those of a way to gossip, are checked by these (see `parse-task-spec.ts`).
 */
import { z } from 'zod';
import { AggregationSpec } from '../aggregation/registry.ts';
import { TASK_ID_PATTERN } from '../ids.ts';
import { DataContract } from './data-contract.ts';
import { DiagnosisSettings } from './diagnosis-settings.ts';
import { EvaluationSettings } from './evaluation-settings.ts';
import { GossipSettings } from './gossip-settings.ts';
import { SelectionPolicy } from './selection-policy.ts';

const seconds = z.number().positive().max(7 * 24 * 3600);

const Model = z.strictObject({
  /** A TF.js layers topology: what `model.toJSON(null, false)` gives, `{ class_name, config }`. */
  topology: z.looseObject({ class_name: z.string(), config: z.unknown() }),
  loss: z.enum(['categoricalCrossentropy', 'binaryCrossentropy', 'meanSquaredError']),
  /** Seeds the initial weights (glorot uniform kernels, zero biases, …: as the topology says). */
  seed: z.int().default(1),
});

/** The edges that leave, of those that are asked, as Google's rounds see them. */
export const DEFAULT_OVER_SELECTION = 1.3;

const Round = z
  .strictObject({
    /** Reports that close the round. */
    goal: z.int().positive(),
    /** Reports without which the round is aborted at its deadline. */
    minimum: z.int().positive().default(1),
    /** Edges asked for each report that is wanted: 1.3 asks 13 for a goal of 10. */
    overSelection: z.number().min(1).max(10).default(DEFAULT_OVER_SELECTION),
    /** Once the minimum is eligible, how long to wait for more before selecting. */
    selectionSeconds: seconds.default(5),
    configurationSeconds: seconds.default(60),
    reportingSeconds: seconds.default(600),
    /** How long a vanished edge may take to come back before it counts as lost. */
    absenceSeconds: seconds.default(30),
    /** Wait after an aborted round, doubled at each abort in a row up to the longest. */
    retrySeconds: seconds.default(2),
    retryLongestSeconds: seconds.default(300),
    /** When edges that were not selected are told to come back. */
    comeBackSeconds: seconds.default(10),
  })
  .refine((round) => round.minimum <= round.goal, { path: ['minimum'], message: 'the minimum is more than the goal' });

const Limits = z.strictObject({
  /** Largest weight one report may have: bounds what one edge can pull. */
  maxWeight: z.number().positive().default(100_000),
  /** Largest Euclidean norm of a report's vectors; null: not bounded. */
  maxNorm: z.number().positive().nullable().default(null),
});

const Privacy = z.strictObject({
  /** False forbids that single reports touch the disk, even encrypted: a crash then costs the round. */
  journal: z.boolean().default(true),
});

const Stop = z.strictObject({
  rounds: z.int().positive().nullable().default(null),
  /** Ends the task at the first committed version whose central evaluation reaches this. */
  accuracy: z.number().min(0).max(1).nullable().default(null),
});

/** Ends a task that no longer gets better. */
export const Patience = z.strictObject({
  /** Versions after the last one that was better. */
  rounds: z.int().positive(),
  metric: z.enum(['accuracy', 'loss']).default('accuracy'),
  /** Whose: the coordinator's on its held-out examples, the edges' on theirs, or the same of the models that edges have of their own. */
  of: z.enum(['central', 'federated', 'personal']).default('central'),
  /** A version is better where it is by more than this. */
  minimumChange: z.number().nonnegative().default(0),
});
export type Patience = z.infer<typeof Patience>;

const name = z.string().regex(TASK_ID_PATTERN, 'lower-case letters, digits and dashes, 1–64 characters');
const description = z.string().max(2000).default('');
const algorithm = z.looseObject({ name: z.string() });

/** A task whose rounds a coordinator leads. */
export const TaskSpec = z.strictObject({
  name,
  description,
  mode: z.literal('federated').default('federated'),
  /** Left out where the algorithm trains none: statistics, k-means, … */
  model: Model.optional(),
  data: DataContract,
  algorithm,
  selection: SelectionPolicy.prefault({}),
  round: Round,
  /** How the reports of a round become one statistic. */
  aggregation: AggregationSpec.prefault({ rule: 'mean' }),
  limits: Limits.prefault({}),
  privacy: Privacy.prefault({}),
  /** Judging by the edges themselves; null: none. */
  evaluation: EvaluationSettings.nullable().default(null),
  diagnosis: DiagnosisSettings.prefault({}),
  stop: Stop.extend({ patience: Patience.nullable().default(null) }).prefault({}),
});

/** A task that peers learn among themselves: each runs both halves of the algorithm, and averages with its neighbours. */
export const GossipTask = z.strictObject({
  name,
  description,
  mode: z.literal('gossip'),
  model: Model,
  data: DataContract,
  algorithm,
  gossip: GossipSettings.prefault({}),
  limits: Limits.prefault({}),
  /** Each peer stops by itself: after so many rounds of its own, or where its own held-out examples are read so well. */
  stop: Stop.prefault({}),
});

/** As an author writes it: everything that has a default may be left out. */
export type TaskSpecInput = z.input<typeof TaskSpec>;
export type GossipTaskInput = z.input<typeof GossipTask>;
/** As the house uses it: complete. */
export type TaskSpec = z.infer<typeof TaskSpec>;
export type GossipTask = z.infer<typeof GossipTask>;
/** A federated task that trains a model. */
export type TrainedTask = TaskSpec & { readonly model: z.infer<typeof Model> };
/** A task of either mode that trains one. */
export type ModelTask = TrainedTask | GossipTask;
/** A task of either mode. */
export type AnyTask = TaskSpec | GossipTask;

/** False of a task whose algorithm computes statistics alone. */
export function trainsModel(task: TaskSpec): task is TrainedTask;
export function trainsModel(task: AnyTask): task is ModelTask;
export function trainsModel(task: AnyTask): task is ModelTask {
  return task.model !== undefined;
}

/** Tasks that were stored before there were two modes say nothing of theirs: they are federated. */
export const isGossipTask = (task: AnyTask): task is GossipTask => task.mode === 'gossip';
