/** Judges versions in the training pool: the held-out examples are shared out among the workers, always in the same pieces, so that the sums have the same bits. */
import type { Evaluator } from '../../server/evaluation/evaluator.ts';
import type { Evaluation } from '../../shared/model/trainer.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { TrainingPool } from './pool.ts';
import { shared } from './pooled-trainer.ts';

/** Examples. */
const PIECE = 1250;

export interface PooledEvaluatorOptions {
  readonly pool: TrainingPool;
  readonly clock: VirtualClock;
  /** Held-out examples; 0: versions are not evaluated. */
  readonly heldOut: number;
  /** Every so many versions one is evaluated, and the last one in any case. */
  readonly every: number;
  readonly last: number;
  /** Virtual milliseconds that an evaluation takes. */
  readonly evaluationMs: number;
  /** What else is to be found out of each version that is evaluated. */
  readonly onEvaluated?: (version: number, values: Float32Array) => Promise<void>;
}

/** Loss and accuracy of these weights on the first so many held-out examples; takes no virtual time by itself. */
export async function evaluateInPool(pool: TrainingPool, values: Float32Array, heldOut: number): Promise<Evaluation> {
  const copy = shared(values);
  const parts = await Promise.all(piecesOf(heldOut).map((piece) => pool.run('evaluate', { values: copy, ...piece })));
  const mean = (of: (part: Evaluation) => number): number => parts.reduce((sum, part) => sum + of(part) * part.examples, 0) / heldOut;
  return { examples: heldOut, loss: mean(({ loss }) => loss), accuracy: parts.some(({ accuracy }) => accuracy === null) ? null : mean(({ accuracy }) => accuracy ?? 0) };
}

/** Of the first so many held-out examples that are of other classes, and bear a backdoor's trigger: how many these weights read as its class. */
export async function attackSuccessInPool(pool: TrainingPool, values: Float32Array, heldOut: number): Promise<number> {
  const parts = await Promise.all(piecesOf(heldOut).map((piece) => pool.run('evaluate', { values: shared(values), ...piece, triggered: true })));
  const examples = parts.reduce((sum, part) => sum + part.examples, 0);
  return parts.reduce((sum, part) => sum + (part.accuracy ?? 0) * part.examples, 0) / Math.max(1, examples);
}

const piecesOf = (heldOut: number): readonly { readonly from: number; readonly to: number }[] =>
  Array.from({ length: Math.ceil(heldOut / PIECE) }, (_, i) => ({ from: i * PIECE, to: Math.min(heldOut, (i + 1) * PIECE) }));

export function createPooledEvaluator({ pool, clock, heldOut, every, last, evaluationMs, onEvaluated }: PooledEvaluatorOptions): Evaluator {
  return {
    // Before time begins to pass, and as often as a task is started: it takes none.
    describe: async () => clock.work(0, pool.run('describe', {})),
    async evaluate(_task, _spec, values, version) {
      // By the version's own number: a resumed run goes on with the same ones.
      if (heldOut === 0 || (version % every !== 0 && version !== last)) return null;
      const [evaluation] = await clock.work(evaluationMs, Promise.all([evaluateInPool(pool, values, heldOut), onEvaluated?.(version, values)]));
      return evaluation;
    },
    // The workers hold them from the start.
    setExamples: () => Promise.resolve(),
    stop: () => pool.stop(),
  };
}
