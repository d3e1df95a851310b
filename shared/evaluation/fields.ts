/**
 * Federated evaluation as fields of a statistic: what one edge found on the examples that it holds back, in such a shape that sums tell
 * how the edges as a whole do and how they spread. An edge is one example in a histogram here; no single one need be looked at.
 * They stand beside whatever the task's algorithm forwards.
 */
import { findAlgorithm } from '../algorithms/registry.ts';
import type { Evaluation } from '../model/trainer.ts';
import type { FieldRange, FieldSpec, FieldValues } from '../statistics/statistic.ts';
import { classesOf } from '../task/data-contract.ts';
import type { TaskSpec } from '../task/task-spec.ts';
import { strataOf } from './strata.ts';

/** What is judged: the version as it was sent out, or the model that each edge makes of it for itself. */
export const JUDGED = ['shared', 'personal'] as const;
export type Judged = (typeof JUDGED)[number];

/** What of it the task has judged: edges have models of their own by the task's algorithm, or by training the version further. */
export function judgedIn({ algorithm, evaluation }: Pick<TaskSpec, 'algorithm' | 'evaluation'>): readonly Judged[] {
  return findAlgorithm(algorithm.name).personal !== undefined || (evaluation?.personalise ?? null) !== null ? JUDGED : ['shared'];
}

export type EvaluatedTask = Pick<TaskSpec, 'algorithm' | 'data' | 'evaluation' | 'limits'>;

/** Losses beyond fall into the first and the last bin. */
const LEAST_LOSS = 1e-4;
const MOST_LOSS = 1e4;

/** A model that ran away counts as one whose loss is this: no edge can drown the others, and sums of squares stay finite. */
const LOSS_CAP = 1e9;

/** Of one judged model: sums by group, and over the histogram's bins. */
const PARTS = ['edges', 'examples', 'loss', 'hits', 'values', 'squares', 'bins', 'binValues'] as const;
export type Part = (typeof PARTS)[number];

export const nameOf = (judged: Judged, part: Part): string => `evaluation.${judged}.${part}`;

/** Whether a field belongs to an evaluation: it says nothing of the version that a round makes. */
export const isEvaluationField = (name: string): boolean => name.startsWith('evaluation.');

/** Accuracies, or losses where a numeric label has no classes: what is put into the histogram, and averaged over edges. */
export const goesByAccuracy = ({ data }: Pick<TaskSpec, 'data'>): boolean => classesOf(data) !== null;

/** None where the task asks for no evaluation. Values are checked as they come: one edge counts as one, and for no more examples than a report may weigh. */
export function evaluationFields(spec: EvaluatedTask): readonly FieldSpec[] {
  // Tasks that were stored before there was any say nothing of it.
  const settings = spec.evaluation ?? null;
  if (settings === null) return [];
  const groups = [strataOf(spec).length];
  const one: FieldRange = { atLeast: 0, atMost: 1, whole: true };
  const examples: FieldRange = { atLeast: 0, atMost: spec.limits.maxWeight };
  const most = goesByAccuracy(spec) ? 1 : LOSS_CAP;
  const [value, squares]: readonly FieldRange[] = [{ atLeast: 0, atMost: most }, { atLeast: 0, atMost: most ** 2 }];
  const shapes: Readonly<Record<Part, readonly [shape: readonly number[], range: FieldRange]>> = {
    edges: [groups, one], examples: [groups, examples], loss: [groups, { atLeast: 0, atMost: LOSS_CAP * spec.limits.maxWeight }], hits: [groups, examples], values: [groups, value], squares: [groups, squares],
    bins: [[settings.bins], one], binValues: [[settings.bins], value],
  };
  return judgedIn(spec).flatMap((of) => PARTS.map((part): FieldSpec => ({ name: nameOf(of, part), monoid: 'sum', dtype: 'float64', shape: shapes[part][0], range: shapes[part][1], aside: true })));
}

/** The bin of a value: equal steps of accuracy from 0 to 1, equal ratios of loss. */
export function binOf(value: number, bins: number, byAccuracy: boolean): number {
  const along = byAccuracy ? value : Math.log(Math.max(value, LEAST_LOSS) / LEAST_LOSS) / Math.log(MOST_LOSS / LEAST_LOSS);
  return Math.min(bins - 1, Math.max(0, Math.floor(along * bins)));
}

/**
 * One edge's share: what it found of each judged model. Zeros where it found nothing: it holds nothing back, or this version is not judged.
 * @param found by judged model; left out or null: nothing
 * @param stratum the edge's own place in `strataOf`
 */
export function evaluationValues(spec: EvaluatedTask, found: Readonly<Partial<Record<Judged, Evaluation | null>>>, stratum: number): Record<string, FieldValues> {
  const fields: Record<string, FieldValues> = {};
  const byAccuracy = goesByAccuracy(spec);
  for (const { name, shape } of evaluationFields(spec)) fields[name] = new Float64Array(shape[0]);
  for (const of of judgedIn(spec)) {
    const evaluation = found[of] ?? null;
    if (evaluation === null || evaluation.examples === 0) continue;
    // Infinite and not a number, too.
    const loss = evaluation.loss < LOSS_CAP ? evaluation.loss : LOSS_CAP;
    const value = (byAccuracy ? evaluation.accuracy : loss) ?? 0;
    const examples = Math.min(evaluation.examples, spec.limits.maxWeight);
    const bins = fields[nameOf(of, 'bins')].length;
    const bin = binOf(value, bins, byAccuracy);
    const set = (part: Part, place: number, to: number): void => void (fields[nameOf(of, part)][place] = to);
    set('edges', stratum, 1);
    set('examples', stratum, examples);
    set('loss', stratum, examples * loss);
    set('hits', stratum, Math.round(examples * (evaluation.accuracy ?? 0)));
    set('values', stratum, value);
    set('squares', stratum, value ** 2);
    set('bins', bin, 1);
    set('binValues', bin, value);
  }
  return fields;
}
