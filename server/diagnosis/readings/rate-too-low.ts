/** A learning rate that is too low: the loss is high and falls, and step after step goes the same way as the one before. */
import { isNumber, mean, quantile, slope } from '../arithmetic.ts';
import { committed, lossOf } from '../history.ts';
import { lineOf, type Reading } from '../reading.ts';

const WINDOW = 8;
/** Of the loss of guessing. */
const HIGH = 0.3;
/** Cosine of a step to the one before, in three rounds of four at least. */
const ALIGNED = 0.85;
const STRONGLY = 0.95;
/** A loss that comes near its end falls less and less; one that is far from it falls on as it did. */
const STEADY = 0.6;

export const rateTooLow: Reading = {
  name: 'rate-too-low',
  summary: 'Training loss that stays high while every step goes the same way: a learning rate that is too low',
  needs: { singleEdges: false },
  read(history) {
    const { chanceLoss } = history.facts;
    const rounds = committed(history).slice(-WINDOW);
    const losses = rounds.map(lossOf).filter(isNumber);
    const cosines = rounds.map(({ stepCosine }) => stepCosine).filter(isNumber);
    if (losses.length < WINDOW || cosines.length < WINDOW - 1) return null;
    const high = (chanceLoss ?? Math.max(...history.rounds.map(lossOf).filter(isNumber))) * HIGH;
    const now = mean(losses.slice(-3));
    const aligned = quantile(cosines, 0.25);
    const fall = -slope(losses) / now;
    const steady = slope(losses.slice(WINDOW / 2)) / slope(losses.slice(0, WINDOW / 2));
    if (now < high || aligned < ALIGNED || fall <= 0 || !(steady >= STEADY)) return [];
    return [
      {
        subject: '',
        what: `the training loss is still ${now.toFixed(2)} and falls by ${(100 * fall).toFixed(1)} % a round, each step going the same way as the one before (cosine ${aligned.toFixed(2)}): larger steps would do`,
        since: rounds[0].round,
        sure: aligned >= STRONGLY ? 'likely' : 'possible',
        evidence: { 'training loss': now, ...(chanceLoss === null ? {} : { 'loss of guessing': chanceLoss }), 'fall a round': fall, 'cosine of successive steps': aligned },
        edges: [],
        remedies: ['raise the local learning rate by a factor of 3 to 10; `murmur task find-rate` looks for a good one', 'more local epochs or steps', 'momentum or adam on the server (algorithm.server)'],
        lines: [lineOf('training loss', committed(history), lossOf), lineOf('cosine of successive steps', committed(history), ({ stepCosine }) => stepCosine)],
      },
    ];
  },
};
