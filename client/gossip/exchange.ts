/** How a peer comes together with others once in a turn: by letters to its neighbours, or in a group. */
import type { WayState } from '../../shared/gossip/way.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { DecodedFrame } from '../../shared/protocol/frame.ts';

export interface TurnOutcome {
  /** Whose models, or differences, went into the peer's own. */
  readonly merged: readonly EdgeId[];
  /** Who was waited for in vain. */
  readonly missed: readonly EdgeId[];
}

export interface Exchange {
  /** The peer's model; not to be changed, and not to be kept beyond the turn: a way may mix neighbours' models into it where it lies. */
  readonly parameters: Float32Array;
  /** What the way keeps, the model among it, where neighbours write letters; null: it keeps nothing else. */
  readonly state: WayState | null;
  /** The round that most neighbours have reached, as far as was heard; 0: none. */
  readonly latestRound: number;
  /** Takes a model as it stands, given up to it: at the beginning, or a newcomer's. */
  adopt(parameters: Float32Array): void;
  /** The peer's model moved there by learning from so many examples. */
  learned(parameters: Float32Array, examples: number): void;
  /** @throws aborted */
  turn(round: number, signal: AbortSignal): Promise<TurnOutcome>;
  /** Frames of its own kinds. @throws whatever is wrong with what was sent */
  onFrame(from: EdgeId, frame: DecodedFrame): void;
  /** A neighbour says from which round on it takes part; null: not (any more). */
  begins(from: EdgeId, round: number | null): void;
  gone(peer: EdgeId): void;
  /** The peer lives and is no neighbour, and its channel was given up: nothing is kept of it that could not be heard again. */
  released(peer: EdgeId): void;
  /** The peer takes part in no turn any more; what others still need to know of those past is told on. */
  end(): void;
}
