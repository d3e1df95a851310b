/** One attempt of a group to come to its mean: who sends what to whom. It knows no network; members are places in the group, from 0. */
import type { Piece, PieceLimits } from './slices.ts';

export interface ReductionOptions {
  /** Not changed, nor may it change as long as pieces are sent. */
  readonly own: Float32Array;
  readonly weight: number;
  readonly members: number;
  /** One's own place. */
  readonly self: number;
  /** Most values of a piece; the same for all members. */
  readonly pieceValues: number;
  readonly limits: PieceLimits;
  /** Takes a piece whose values stay as they are from now on. */
  send(to: readonly number[], piece: Piece): void;
}

export interface Reduction {
  /** Sends what needs nobody else. */
  start(): void;
  /**
   * @returns false: it had come before
   * @throws bad_layout, bad_weight, not_finite, norm_too_large: the sender does not keep to the protocol, and nothing was taken of the piece
   */
  take(from: number, piece: Piece): boolean;
  /** Whether `result` is the mean over all. */
  readonly complete: boolean;
  /** In memory of its own; the same to the bit for all members. */
  readonly result: Float32Array;
  /** Members of whom pieces are missing. */
  waitsFor(): readonly number[];
}

export type CreateReduction = (options: ReductionOptions) => Reduction;
