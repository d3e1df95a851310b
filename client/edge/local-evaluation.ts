/** An edge's part in a federated evaluation: how well the version that it was given does on the examples that it holds back. */
import { evaluationValues, judgedIn } from '../../shared/evaluation/fields.ts';
import { stratumOf, type EdgeFacts } from '../../shared/evaluation/strata.ts';
import type { Evaluation, Trainer } from '../../shared/model/trainer.ts';
import type { FieldValues } from '../../shared/statistics/statistic.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';

export interface LocalEvaluationInput {
  readonly spec: TaskSpec;
  /** What is to be judged, and its number. Not changed. */
  readonly base: Float32Array;
  readonly version: number;
  /** The model that this edge uses itself, by the task's algorithm; null: it has none but the version. */
  readonly own: Float32Array | null;
  readonly trainer: Trainer;
  readonly facts: () => Promise<EdgeFacts>;
  /** Shuffles where edges train the version further. */
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface LocalEvaluation {
  /** What goes into the edge's statistic beside its algorithm's own fields; zeros where nothing was judged. */
  readonly fields: Readonly<Record<string, FieldValues>>;
  /** For the edge's owner; null where nothing was judged. */
  readonly found: { readonly shared: Evaluation; readonly personal: Evaluation | null } | null;
}

const NOTHING: LocalEvaluation = { fields: {}, found: null };

/** Leaves any weights in the trainer. @throws aborted, backend_failed */
export async function evaluateLocally({ spec, base, version, own, trainer, facts, seed, signal }: LocalEvaluationInput): Promise<LocalEvaluation> {
  const settings = spec.evaluation ?? null;
  if (settings === null) return NOTHING;
  // Whoever holds nothing back has nothing to say; training examples would flatter the version.
  if (version % settings.everyVersions !== 0 || trainer.heldOut === 0) return { fields: evaluationValues(spec, {}, 0), found: null };
  trainer.load(base);
  const shared = await trainer.evaluate({ on: 'validation' });
  signal.throwIfAborted();
  const personal = judgedIn(spec).includes('personal') ? await judgePersonal() : null;
  return { fields: evaluationValues(spec, { shared, personal }, stratumOf(spec, await facts())), found: { shared, personal } };

  async function judgePersonal(): Promise<Evaluation | null> {
    if (own !== null) trainer.load(own);
    if (settings?.personalise) await trainer.train({ ...settings.personalise, seed, signal });
    return trainer.evaluate({ on: 'validation' });
  }
}
