/** A model that is too small for its task: the loss has stopped falling far above nothing, and the steps lead nowhere. */
import { isNumber, mean, median, slope, spread } from '../arithmetic.ts';
import { committed, lossOf } from '../history.ts';
import { lineOf, type Reading } from '../reading.ts';

const WINDOW = 10;
/** Of the loss of guessing: between them nothing is learned well, and something is. */
const HIGH = 0.2;
const GUESSING = 0.85;
/** Change of the loss a round that counts as none. */
const LEVEL = 0.012;
/** Steps that go the same way would get on with a higher rate. */
const ALIGNED = 0.5;
/** Held-out loss over the training loss: what is not read by heart has the same on both. */
const GAP = 1.5;

export const modelTooSmall: Reading = {
  name: 'model-too-small',
  summary: 'Training loss that has stopped falling far above nothing: a model that is too small, or examples that cannot tell',
  needs: { singleEdges: false },
  read(history) {
    const { chanceLoss } = history.facts;
    const rounds = committed(history).slice(-WINDOW);
    const losses = rounds.map(lossOf).filter(isNumber);
    if (chanceLoss === null || losses.length < WINDOW) return null;
    const now = mean(losses.slice(-5));
    const change = slope(losses) / now;
    const cosines = rounds.map(({ stepCosine }) => stepCosine).filter(isNumber);
    const aligned = cosines.length < WINDOW - 1 ? null : median(cosines);
    const heldOut = rounds.at(-1)?.heldOut?.loss ?? null;
    if (now < HIGH * chanceLoss || now > GUESSING * chanceLoss || Math.abs(change) > LEVEL || (aligned !== null && aligned >= ALIGNED) || (heldOut !== null && heldOut > GAP * now)) return [];
    return [
      {
        subject: '',
        what: `the training loss stands still at ${now.toFixed(2)} (guessing has ${chanceLoss.toFixed(2)}), and changes by ${(100 * Math.abs(change)).toFixed(1)} % a round`,
        since: rounds[0].round,
        sure: spread(losses) / now < 0.05 && now > 2 * HIGH * chanceLoss ? 'likely' : 'possible',
        evidence: { 'training loss': now, 'loss of guessing': chanceLoss, 'change a round': change, ...(aligned === null ? {} : { 'cosine of successive steps': aligned }), ...(heldOut === null ? {} : { 'held-out loss': heldOut }) },
        edges: [],
        remedies: ['a larger model: more units or layers', 'inputs that tell more', 'a lower learning rate, or a schedule, if the steps are too long to come nearer', 'look at the labels, if a larger model comes no further'],
        lines: [lineOf('training loss', committed(history), lossOf), lineOf('held-out loss', committed(history), ({ heldOut: judged }) => judged?.loss ?? null)],
      },
    ];
  },
};
