/** Judging models on the coordinator's side: what a task's model is, and how good a version of it is on held-out examples. */
import type { TaskId } from '../../shared/ids.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { Evaluation } from '../../shared/model/trainer.ts';
import type { ModelTask } from '../../shared/task/task-spec.ts';
import type { Parameters } from '../../shared/tensors/layout.ts';

export interface ModelDescription {
  /** The initial weights, seeded by the spec; of no tensors where there are problems. */
  readonly parameters: Parameters;
  /** What is wrong with the model, each with the path of the field; empty when it is fine. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

export interface Evaluator {
  describe(spec: ModelTask): Promise<ModelDescription>;
  /**
   * Loss and accuracy of these weights on the task's held-out examples; null where it has none.
   * @throws bad_dataset when the examples are not what the spec's data contract says; bad_layout
   */
  evaluate(task: TaskId, spec: ModelTask, values: Float32Array, version: number): Promise<Evaluation | null>;
  /** Replaces the task's held-out examples; null forgets them. They stay where the coordinator is; no edge sees them. */
  setExamples(task: TaskId, examples: Examples | null): Promise<void>;
  /** Ends the worker; what is being computed is rejected as aborted. */
  stop(): Promise<void>;
}
