/** Overfitting: the training loss goes on falling while held-out examples are read worse and worse. */
import { mean } from '../arithmetic.ts';
import { committed, lossOf, type RoundFacts } from '../history.ts';
import { lineOf, type Reading } from '../reading.ts';

/** Judged rounds that one level is taken over. */
const LEVEL = 3;
const LEAST = 8;
/** Rise of the held-out loss over its best level, and fall of the training loss since. */
const RISE = 1.08;
const FALL = 0.9;
const STRONG_RISE = 1.3;

export const overfitting: Reading = {
  name: 'overfitting',
  summary: 'Training loss that falls while the held-out loss rises',
  needs: { singleEdges: false },
  read(history) {
    const judged = committed(history).filter((round) => round.heldOut !== null && lossOf(round) !== null);
    if (judged.length < LEAST) return null;
    const levels = judged.slice(LEVEL - 1).map((round, i) => ({ round, ...levelOf(judged.slice(i, i + LEVEL)) }));
    const best = levels.reduce((least, level) => (level.heldOut < least.heldOut ? level : least));
    const now = levels[levels.length - 1];
    const rise = now.heldOut / best.heldOut;
    if (levels.indexOf(now) - levels.indexOf(best) < LEVEL || !(rise > RISE) || !(now.training < FALL * best.training)) return [];
    return [
      {
        subject: '',
        what: `the held-out loss has risen from ${best.heldOut.toFixed(3)} to ${now.heldOut.toFixed(3)} while the training loss fell from ${best.training.toFixed(3)} to ${now.training.toFixed(3)}`,
        since: best.round.round,
        sure: rise > STRONG_RISE ? 'certain' : 'likely',
        evidence: { 'best held-out loss': best.heldOut, 'held-out loss now': now.heldOut, 'training loss then': best.training, 'training loss now': now.training },
        edges: [],
        remedies: [
          `go back to the version of about round ${best.round.round}, and stop there (stop.rounds, stop.patience)`,
          'fewer local epochs or steps', 'more edges a round, or more examples an edge', 'a smaller model, dropout, weight decay',
        ],
        lines: [lineOf('training loss', judged, lossOf), lineOf('held-out loss', judged, ({ heldOut }) => heldOut?.loss ?? null)],
      },
    ];
  },
};

function levelOf(rounds: readonly RoundFacts[]): { readonly heldOut: number; readonly training: number } {
  return { heldOut: mean(rounds.map(({ heldOut }) => heldOut?.loss ?? NaN)), training: mean(rounds.map((round) => lossOf(round) ?? NaN)) };
}
