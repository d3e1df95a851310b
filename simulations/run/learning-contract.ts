/** What a run learns with, whatever is behind it: a pool of workers, trainers that do nothing, or computing without a model. */
import type { Evaluator } from '../../server/evaluation/evaluator.ts';
import type { MurmurError } from '../../shared/errors.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import type { Evaluation, Trainer } from '../../shared/model/trainer.ts';
import type { Parameters } from '../../shared/tensors/layout.ts';
import type { VirtualClock } from '../virtual-clock.ts';

/** Virtual milliseconds that so many steps, each of that cost beside the reference model's, take a client's device from now on. */
export type DurationOf = (steps: number, cost: number) => number;

export interface Pace {
  /** The device does the work, and has paid for it. */
  readonly durationMs: DurationOf;
  /** Asked beforehand. */
  readonly expectMs: DurationOf;
}

/** The work of a client's computation without a trainer: steps, and the cost of each beside the reference model's. */
export interface Computing {
  readonly steps: number;
  readonly cost: number;
}

/** What both modes learn with. */
export interface SharedLearning {
  /** Training examples of each client. */
  readonly examples: readonly number[];
  trainer(number: number, pace: Pace): Trainer;
  /** Resolves with what went wrong when nothing more can be learned. */
  readonly broken: Promise<MurmurError>;
  stop(): Promise<void>;
}

export interface Learning extends SharedLearning {
  readonly evaluator: Evaluator;
  /** What a client says that it holds; where a trainer does its work in the pool, the examples themselves are there, and not in this. */
  datasetOf(number: number): Promise<Dataset>;
  /** Of tasks without a model; null where trainers work. */
  computingOf(number: number): Computing | null;
  /** Edges that attack, by number. */
  readonly attackers: readonly number[];
  /** Of a version that was evaluated, how many triggered images of other classes it reads as the backdoor's; null where there is no backdoor. */
  attackSuccessOf(version: number): number | null;
}

/** What a gossip scenario learns with: nobody's evaluator, but a way to judge any peer's model. */
export interface GossipLearning extends SharedLearning {
  readonly initial: Parameters;
  /** Held-out examples; 0: models cannot be judged. */
  readonly heldOut: number;
  /** On the first so many of them. Takes real time alone. */
  evaluate(values: Float32Array, examples: number): Promise<Evaluation>;
}

export interface LearningOptions {
  readonly clock: VirtualClock;
  /** Of the simulation. */
  readonly seed: number;
  readonly workers: number;
}
