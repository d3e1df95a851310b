/** What readings read: a task's last rounds and its edges' last parts in them, as small plain data. `history-book.ts` fills it. */
import type { EdgeId } from '../../shared/ids.ts';

/** Rounds that are kept, and parts of an edge. */
export const ROUNDS_KEPT = 80;
/** Of these the first ones: how a task began says what later rounds do not. */
export const FIRST_ROUNDS = 5;
export const PARTS_KEPT = 8;
/** Parts of an edge from which something can be said of it: once is an accident. */
export const LEAST_PARTS = 2;
/** Edges that are kept: those that took part last. */
export const EDGES_KEPT = 5000;

export interface TaskFacts {
  /** Loss of a model that knows nothing but how many classes there are; null for regression, where there is no such number. */
  readonly chanceLoss: number | null;
  readonly classes: number | null;
  /** Whether what single edges reported may be looked at. */
  readonly singleEdges: boolean;
}

export interface HeldOut {
  readonly loss: number;
  readonly accuracy: number | null;
  /** Who judged: the coordinator on its own examples, or the edges on those that they hold back. */
  readonly by: 'coordinator' | 'edges';
}

export interface RoundFacts {
  readonly round: number;
  readonly outcome: 'committed' | 'aborted';
  /** Why it was aborted; null otherwise. */
  readonly reason: string | null;
  readonly selected: number;
  readonly reported: number;
  /** Of its reports, weighted; of training that began at the version before. */
  readonly trainLoss: number | null;
  /** The median of the single edges' training losses: a few bad ones do not move it. Null where single edges are not read. */
  readonly medianLoss: number | null;
  /** The median of the single edges' cosines to the others' direction; null where single edges are not read, or too few reported. */
  readonly medianCosine: number | null;
  /** Of the version that it committed, or by edges, of the one that they went on from; null where that was not judged. */
  readonly heldOut: HeldOut | null;
  /** Euclidean length of the step from version to version, and its cosine to the step before; null where they are not known, as of rounds before a restart. */
  readonly stepNorm: number | null;
  readonly stepCosine: number | null;
  /** Of the local training, where it is one number. */
  readonly learningRate: number | null;
}

/** How one edge did in one round. */
export interface EdgePart {
  readonly round: number;
  readonly status: 'reported' | 'declined' | 'withdrawn' | 'refused' | 'lost' | 'released';
  /** The code with which its report was refused; null otherwise. */
  readonly refusal: string | null;
  /** What follows is null where it did not report, or single edges are not read. */
  readonly examples: number | null;
  readonly loss: number | null;
  /** Its loss over the median of its round. */
  readonly lossRatio: number | null;
  /** The length of its update. */
  readonly norm: number | null;
  /** That over the median of its round, less what more examples than the others' explain. */
  readonly lengthRatio: number | null;
  /** Cosine to the others' mean direction. */
  readonly cosine: number | null;
}

export interface EdgeTrace {
  readonly edge: EdgeId;
  /** Oldest first. */
  readonly parts: readonly EdgePart[];
  /** Its training examples by class, where the task asks and its owner tells; null otherwise. */
  readonly labels: readonly number[] | null;
}

export interface TaskHistory {
  readonly facts: TaskFacts;
  /** Oldest first: the first ones and the last ones. */
  readonly rounds: readonly RoundFacts[];
  readonly edges: readonly EdgeTrace[];
}

/** Rounds of which a version came, oldest first. */
export const committed = ({ rounds }: TaskHistory): readonly RoundFacts[] => rounds.filter(({ outcome }) => outcome === 'committed');

/** The training loss by which a round is judged: the median of its edges' where that is known. */
export const lossOf = ({ medianLoss, trainLoss }: RoundFacts): number | null => medianLoss ?? trainLoss;
