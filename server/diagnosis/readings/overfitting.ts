/** Overfitting: the training loss goes on falling while held-out examples are read worse and worse, or no better though all is known by heart. */
import { mean } from '../arithmetic.ts';
import { committed, lossOf, type RoundFacts } from '../history.ts';
import { lineOf, said, type Reading } from '../reading.ts';

/** Judged rounds that one level is taken over. */
const LEVEL = 3;
const LEAST = 8;
/** Rise of the held-out loss over its best level, and fall of the training loss since. */
const RISE = 1.08;
const FALL = 0.9;
const STRONG_RISE = 1.3;
/** What is known by heart: so much less training loss than held-out loss, whose best level lies some rounds back or is hardly better than half a window ago. */
const BY_HEART = 10;
const STANDS = 0.03;

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
    const isPast = levels.indexOf(now) - levels.indexOf(best) >= LEVEL;
    const rises = isPast && rise > RISE && now.training < FALL * best.training;
    const half = levels[Math.max(0, levels.length - LEAST)];
    const byHeart = now.heldOut > BY_HEART * now.training && half.heldOut - now.heldOut < STANDS * now.heldOut;
    if (!rises && !byHeart) return [];
    const since = rises ? best : half;
    return [
      {
        subject: '',
        what: rises
          ? `the held-out loss has risen from ${best.heldOut.toFixed(3)} to ${now.heldOut.toFixed(3)} while the training loss fell from ${best.training.toFixed(3)} to ${now.training.toFixed(3)}`
          : `the training examples are known by heart (loss ${said(now.training)}), and the held-out loss stands at ${now.heldOut.toFixed(3)}, ${said(now.heldOut / now.training)} times as much`,
        since: since.round.round,
        sure: rises && rise > STRONG_RISE ? 'certain' : 'likely',
        evidence: { 'best held-out loss': best.heldOut, 'held-out loss now': now.heldOut, 'training loss then': since.training, 'training loss now': now.training },
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
