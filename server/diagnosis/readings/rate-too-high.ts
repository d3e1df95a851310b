/** A learning rate that is too high: rounds pass, and the model does no better than guessing, or the loss leaps about. */
import { isNumber, mean, median } from '../arithmetic.ts';
import { committed, lossOf } from '../history.ts';
import { lineOf, type Reading } from '../reading.ts';

const WINDOW = 6;
/** Of the loss of guessing. */
const GUESSING = 0.85;
/** Steps that go the same way are small ones. */
const ALIGNED = 0.6;

export const rateTooHigh: Reading = {
  name: 'rate-too-high',
  summary: 'Training loss that stays at or above that of guessing: a learning rate that is too high',
  needs: { singleEdges: false },
  read(history) {
    const { chanceLoss } = history.facts;
    const rounds = committed(history);
    const last = rounds.slice(-WINDOW);
    const losses = last.map(lossOf).filter((loss) => loss !== null);
    if (chanceLoss === null || losses.length < WINDOW) return null;
    const finite = losses.filter(isNumber);
    const now = finite.length < WINDOW ? Infinity : mean(finite);
    const cosines = last.map(({ stepCosine }) => stepCosine).filter(isNumber);
    const aligned = cosines.length < WINDOW - 1 ? null : median(cosines);
    if (now < GUESSING * chanceLoss || (aligned !== null && aligned >= ALIGNED)) return [];
    const worst = Math.max(...rounds.map(lossOf).filter(isNumber));
    const leapt = now > 1.1 * chanceLoss || worst > 1.2 * chanceLoss;
    return [
      {
        subject: '',
        what: `after ${rounds.length} rounds the training loss is ${Number.isFinite(now) ? now.toFixed(2) : 'no number'}, and guessing has ${chanceLoss.toFixed(2)}: nothing is learned`,
        since: last[0].round,
        sure: leapt ? 'likely' : 'possible',
        evidence: { ...(Number.isFinite(now) ? { 'training loss': now } : {}), 'loss of guessing': chanceLoss, ...(Number.isFinite(worst) ? { 'worst training loss': worst } : {}), ...(aligned === null ? {} : { 'cosine of successive steps': aligned }) },
        edges: [],
        remedies: ['lower the local learning rate by a factor of 10; `murmur task find-rate` looks for a good one', 'begin with a warm-up (algorithm.learningRate.warmupRounds)', 'standardise the inputs', 'if a lower rate changes nothing: look at the labels, and whether the model can learn the task at all'],
        lines: [lineOf('training loss', rounds, lossOf), lineOf('length of the step', rounds, ({ stepNorm }) => stepNorm)],
      },
    ];
  },
};
