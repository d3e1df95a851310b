/**
 * Edges that hold data of unlike kinds, whether or not anybody tells its labels: each learns its own examples at once and little
 * of the others', and from the first rounds on each pulls in a direction of its own. Later edges of one kind do that, too, by
 * the noise of their examples: so it is the first rounds that tell.
 */
import { isNumber, median } from '../arithmetic.ts';
import { committed, FIRST_ROUNDS, lossOf } from '../history.ts';
import { lineOf, type Reading } from '../reading.ts';

const LEAST_ROUNDS = 3;
/** Held-out loss over the training loss. */
const GAP = 1.8;
const WIDE_GAP = 3;
/** Cosine of an edge's update to the others' direction. */
const UNLIKE = 0.3;
const VERY_UNLIKE = 0.2;

export const unlikeEdges: Reading = {
  name: 'unlike-edges',
  summary: 'Edges that learn their own examples and pull apart from the first rounds on: unlike data',
  needs: { singleEdges: true },
  read(history) {
    const rounds = committed(history);
    const first = rounds.filter(({ round }) => round <= FIRST_ROUNDS);
    const cosines = first.map(({ medianCosine }) => medianCosine).filter(isNumber);
    const gaps = first.map((round) => (round.heldOut === null ? null : round.heldOut.loss / (lossOf(round) ?? NaN))).filter(isNumber);
    if (cosines.length < LEAST_ROUNDS || gaps.length < LEAST_ROUNDS) return null;
    const [cosine, gap] = [median(cosines), median(gaps)];
    if (cosine > UNLIKE || gap < GAP) return [];
    return [
      {
        subject: '',
        what: `edges hold data of unlike kinds: in the first rounds the held-out loss was ${gap.toFixed(1)} times the training loss, and updates had a cosine of ${cosine.toFixed(2)} to each other’s mean direction`,
        since: first[0].round,
        sure: cosine < VERY_UNLIKE && gap > WIDE_GAP ? 'certain' : cosine < VERY_UNLIKE || gap > WIDE_GAP ? 'likely' : 'possible',
        evidence: { 'held-out loss over training loss': gap, 'cosine to the others': cosine, 'rounds looked at': cosines.length },
        edges: [],
        remedies: ['find out how they differ: have owners tell their labels (selection.criteria.labels), or ask for statistics of the columns', 'fewer local steps between two averages (algorithm.epochs or steps)', 'an algorithm made for unlike data (fedprox, scaffold), or a server optimizer'],
        lines: [lineOf('training loss', rounds, lossOf), lineOf('held-out loss', rounds, ({ heldOut }) => heldOut?.loss ?? null)],
      },
    ];
  },
};
