/** What the coordinator may look at to point out trouble. */
import { z } from 'zod';

export const DiagnosisSettings = z.strictObject({
  /**
   * Whether it may look at what single edges reported: losses, lengths and directions of updates, by which it names the edges
   * that are in trouble. null: where the task's privacy allows it.
   */
  singleEdges: z.boolean().nullable().default(null),
});

interface Diagnosed {
  /** Tasks that were stored before there was such a thing say nothing of it. */
  readonly diagnosis?: z.infer<typeof DiagnosisSettings>;
  readonly model?: unknown;
  readonly privacy: { readonly journal: boolean };
}

/**
 * What is said of single edges is stored: a task whose single reports must not touch the disk does not allow it. Nor does one
 * without a model, whose reports are what edges hold, and of which nothing is told that a few edges alone are behind.
 */
export const allowsSingleEdges = ({ privacy, model }: Pick<Diagnosed, 'privacy' | 'model'>): boolean => privacy.journal && model !== undefined;

export const readsSingleEdges = (task: Diagnosed): boolean => (task.diagnosis?.singleEdges ?? true) && allowsSingleEdges(task);
