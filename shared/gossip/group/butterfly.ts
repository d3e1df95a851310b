/**
 * Butterfly all-reduce (as in Moshpit SGD, Ryabinin, Gorbunov, Plokhotnyuk, Pekhimenko 2021, and Rabenseifner 2004 before):
 * each member gets its own slice from all, averages it in float64, and sends the mean to all. Each sends 2 (N − 1) / N of the
 * vector, and no value is rounded more than once, by the slice's owner: so all hold the same, to the bit.
 */
import { MurmurError } from '../../errors.ts';
import { addScaled } from '../../statistics/monoids/add-scaled.ts';
import type { CreateReduction } from './reduction.ts';
import { checkPiece, cut, type Piece } from './slices.ts';

export const butterfly: CreateReduction = ({ own, weight, members, self, pieceValues, limits, send }) => {
  const cuts = cut(own.length, members, pieceValues);
  const others = Array.from({ length: members - 1 }, (_, i) => (self + 1 + i) % members);
  const result = new Float32Array(own.length);
  const ownPieces = cuts.pieces(self);
  const sums = Array.from({ length: ownPieces }, (_, piece) => {
    const { from, to } = cuts.range(self, piece);
    const sum = new Float64Array(to - from);
    addScaled(sum, own.subarray(from, to), weight);
    return { sum, weight, missing: members - 1 };
  });
  /** Pieces that came of each member: of one's own slice, and of its mean. */
  const reduced = Array.from({ length: members }, () => new Set<number>());
  const gathered = Array.from({ length: members }, () => new Set<number>());
  const squares = { reduce: new Float64Array(members), gather: new Float64Array(members) };
  let missing = Array.from({ length: members }, (_, slice) => cuts.pieces(slice)).reduce((sum, pieces) => sum + pieces, 0);

  function finish(piece: number): void {
    const { sum, weight: total } = sums[piece];
    const { from, to } = cuts.range(self, piece);
    const mean = result.subarray(from, to);
    divide(mean, sum, total);
    missing--;
    if (others.length > 0) send(others, { step: 'gather', slice: self, piece, weight: total, values: mean });
  }

  return {
    result,
    get complete() {
      return missing === 0;
    },
    start() {
      const most = Math.max(0, ...others.map((slice) => cuts.pieces(slice)));
      for (let piece = 0; piece < most; piece++) {
        // Each member begins with another one, so that nobody is sent to by all at once.
        for (const slice of others) {
          if (piece >= cuts.pieces(slice)) continue;
          const { from, to } = cuts.range(slice, piece);
          send([slice], { step: 'reduce', slice, piece, weight, values: own.subarray(from, to) });
        }
      }
      if (members === 1) sums.forEach((_, piece) => finish(piece));
    },
    take(from, piece) {
      const isReduce = piece.step === 'reduce';
      if (piece.slice !== (isReduce ? self : from)) throw new MurmurError('bad_layout', `a piece of slice ${piece.slice} to ${piece.step} does not come from member ${from} to member ${self}`);
      const had = (isReduce ? reduced : gathered)[from];
      if (had.has(piece.piece)) return false;
      squares[piece.step][from] = checkPiece(cuts, piece, squares[piece.step][from], limits);
      had.add(piece.piece);
      if (isReduce) add(piece);
      else {
        result.set(piece.values, cuts.range(piece.slice, piece.piece).from);
        missing--;
      }
      return true;
    },
    waitsFor() {
      const late = others.filter((member) => reduced[member].size < ownPieces);
      return late.length > 0 ? late : others.filter((member) => gathered[member].size < cuts.pieces(member));
    },
  };

  function add({ piece, values, weight: other }: Piece): void {
    const held = sums[piece];
    addScaled(held.sum, values, other);
    held.weight += other;
    if (--held.missing === 0) finish(piece);
  }
};

/** Elements a call of the loop; sum-of-squares.ts says why there are blocks. */
const BLOCK = 1024;

function divide(mean: Float32Array, sum: Float64Array, weight: number): void {
  for (let from = 0; from < mean.length; from += BLOCK) divideBlock(mean, sum, weight, from, Math.min(from + BLOCK, mean.length));
}

function divideBlock(mean: Float32Array, sum: Float64Array, weight: number, from: number, to: number): void {
  for (let i = from; i < to; i++) mean[i] = sum[i] / weight;
}
