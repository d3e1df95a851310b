/**
 * Ring all-reduce (Patarasuk, Yuan 2009): slice s starts at member s and goes round; each adds its part, the last one holds the
 * mean, which goes round once more. Each sends 2 (N − 1) / N of the vector, to one neighbour alone. A mean so far is rounded to
 * float32 at each hop, so the result is off by up to (N − 1) · 2^-24 of the largest magnitude; it is the same to the bit for all.
 */
import { MurmurError } from '../../errors.ts';
import type { CreateReduction } from './reduction.ts';
import { checkPiece, cut } from './slices.ts';

export const ring: CreateReduction = ({ own, weight, members, self, pieceValues, limits, send }) => {
  const cuts = cut(own.length, members, pieceValues);
  const result = new Float32Array(own.length);
  const next = (self + 1) % members;
  const previous = (self - 1 + members) % members;
  const had = { reduce: Array.from({ length: members }, () => new Set<number>()), gather: Array.from({ length: members }, () => new Set<number>()) };
  const squares = { reduce: new Float64Array(members), gather: new Float64Array(members) };
  let missing = 0;
  for (let slice = 0; slice < members; slice++) missing += cuts.pieces(slice);

  /** Who holds the mean of a slice first. */
  const lastOf = (slice: number): number => (slice - 1 + members) % members;

  return {
    result,
    get complete() {
      return missing === 0;
    },
    start() {
      if (members === 1) {
        result.set(own);
        missing = 0;
        return;
      }
      for (let piece = 0; piece < cuts.pieces(self); piece++) {
        const { from, to } = cuts.range(self, piece);
        send([next], { step: 'reduce', slice: self, piece, weight, values: own.subarray(from, to) });
      }
    },
    take(from, taken) {
      const { step, slice, piece, values } = taken;
      // A slice does not come back to where it began, nor its mean to whom it was worked out by.
      const isBack = (step === 'reduce' ? slice : lastOf(slice)) === self;
      if (from !== previous || isBack) throw new MurmurError('bad_layout', `a piece of slice ${slice} to ${step} does not come from member ${from} to member ${self}`);
      if (had[step].at(slice)?.has(piece) === true) return false;
      squares[step][slice] = checkPiece(cuts, taken, squares[step][slice], limits);
      had[step][slice].add(piece);
      const range = cuts.range(slice, piece);
      if (step === 'gather') {
        result.set(values, range.from);
        missing--;
        if (next !== lastOf(slice)) send([next], { ...taken, values: result.subarray(range.from, range.to) });
        return true;
      }
      const isLast = lastOf(slice) === self;
      const mean = isLast ? result.subarray(range.from, range.to) : new Float32Array(range.to - range.from);
      mix(mean, values, taken.weight, own.subarray(range.from, range.to), weight);
      if (isLast) missing--;
      send([next], { step: isLast ? 'gather' : 'reduce', slice, piece, weight: taken.weight + weight, values: mean });
      return true;
    },
    waitsFor: () => (missing === 0 ? [] : [previous]),
  };
};

/** Elements a call of the loop; sum-of-squares.ts says why there are blocks. */
const BLOCK = 1024;

function mix(mean: Float32Array, a: Float32Array, weightA: number, b: Float32Array, weightB: number): void {
  for (let from = 0; from < mean.length; from += BLOCK) mixBlock(mean, a, weightA, b, weightB, from, Math.min(from + BLOCK, mean.length));
}

function mixBlock(mean: Float32Array, a: Float32Array, weightA: number, b: Float32Array, weightB: number, from: number, to: number): void {
  const whole = weightA + weightB;
  for (let i = from; i < to; i++) mean[i] = (weightA * a[i] + weightB * b[i]) / whole;
}
