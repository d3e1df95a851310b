/** Judges many peers' models on held-out examples. */
import type { Evaluation } from '../../shared/model/trainer.ts';

export interface Judgement {
  readonly judged: number;
  /** Means over the models; null where none was judged, or nothing is classified. */
  readonly loss: number | null;
  readonly accuracy: number | null;
  readonly worst: number | null;
}

export const NOT_JUDGED: Judgement = { judged: 0, loss: null, accuracy: null, worst: null };

export async function judge(models: Iterable<Float32Array>, evaluate: (model: Float32Array) => Promise<Evaluation>): Promise<Judgement> {
  const found = await Promise.all([...models].map(evaluate));
  if (found.length === 0) return NOT_JUDGED;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const accuracies = found.flatMap(({ accuracy }) => accuracy ?? []);
  const classified = accuracies.length === found.length;
  return { judged: found.length, loss: mean(found.map(({ loss }) => loss)), accuracy: classified ? mean(accuracies) : null, worst: classified ? Math.min(...accuracies) : null };
}
