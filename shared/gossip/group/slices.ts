/** How a vector is cut among a group: one slice a member, each in pieces, so that what is summed can leave while the rest still comes. */
import { MurmurError } from '../../errors.ts';
import { sumOfSquares } from '../../statistics/sum-of-squares.ts';

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** `reduce`: what is not summed over all yet; `gather`: the mean over all. */
export type Step = 'reduce' | 'gather';

/** One piece of one slice under way. */
export interface Piece {
  readonly step: Step;
  /** Which member's slice, by its place in the group. */
  readonly slice: number;
  /** Which piece of the slice. */
  readonly piece: number;
  /** Sum of the weights of all that is in it. */
  readonly weight: number;
  readonly values: Float32Array;
}

export interface Cut {
  readonly members: number;
  /** Pieces of a slice; none where there are fewer values than members. */
  pieces(slice: number): number;
  /** Where a piece lies in the vector. */
  range(slice: number, piece: number): Range;
}

/** @param size values of the vector @param pieceValues most values of a piece */
export function cut(size: number, members: number, pieceValues: number): Cut {
  const start = (slice: number): number => Math.floor((size * slice) / members);
  return {
    members,
    pieces: (slice) => Math.ceil((start(slice + 1) - start(slice)) / pieceValues),
    range(slice, piece) {
      const from = start(slice) + piece * pieceValues;
      return { from, to: Math.min(from + pieceValues, start(slice + 1)) };
    },
  };
}

/** What no piece may break. `squares` is of what had come of the same slice before. @returns Σ x² of the slice so far */
export function checkPiece(cuts: Cut, { slice, piece, weight, values }: Piece, squares: number, limits: PieceLimits): number {
  if (slice >= cuts.members || piece >= cuts.pieces(slice)) throw new MurmurError('bad_layout', `there is no piece ${piece} of slice ${slice} among ${cuts.members} members`);
  const { from, to } = cuts.range(slice, piece);
  if (values.length !== to - from) throw new MurmurError('bad_layout', `piece ${piece} of slice ${slice} has ${values.length} values, not ${to - from}`);
  const mostWeight = limits.maxWeight * cuts.members;
  if (!(weight > 0 && weight <= mostWeight)) throw new MurmurError('bad_weight', `the weight is ${weight}; weights of a group lie above 0 and up to ${mostWeight}`);
  const sum = squares + sumOfSquares(values);
  if (!Number.isFinite(sum)) throw new MurmurError('not_finite', `piece ${piece} of slice ${slice} holds a value that is not finite`);
  // Means were rounded to float32 once or more: who stays at the very bound is not refused for that.
  if (limits.maxNorm !== null && Math.sqrt(sum) > limits.maxNorm * (1 + 1e-5)) {
    throw new MurmurError('norm_too_large', `the norm over slice ${slice} is ${Math.sqrt(sum)}, at most ${limits.maxNorm} is taken`);
  }
  return sum;
}

export interface PieceLimits {
  readonly maxWeight: number;
  readonly maxNorm: number | null;
}
