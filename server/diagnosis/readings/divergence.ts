/** Divergence after aggregation: the model is worse after the updates than it was before them, and the steps do not shrink. */
import { isNumber, median } from '../arithmetic.ts';
import { committed, lossOf } from '../history.ts';
import { lineOf, said, type Reading } from '../reading.ts';

const LEAST = 4;
/** Rounds whose median is compared with the best before. */
const NOW = 3;
/** Times the best level, and of the loss of guessing: a tenth of nothing is nothing. */
const WORSE = 1.5;
const NOT_LITTLE = 0.15;

export const divergence: Reading = {
  name: 'divergence',
  summary: 'A model that gets worse with the updates instead of better',
  needs: { singleEdges: false },
  read(history) {
    const rounds = committed(history).flatMap((round) => {
      const loss = round.heldOut?.loss ?? lossOf(round);
      // What is no number is worse than any, and has its place in an order.
      return loss === null ? [] : [{ ...round, loss: Number.isFinite(loss) ? loss : Infinity }];
    });
    if (rounds.length < LEAST + NOW) return null;
    const levels = rounds.slice(NOW - 1).map((round, i) => ({ round, loss: median(rounds.slice(i, i + NOW).map(({ loss }) => loss)) }));
    const before = levels.slice(0, -NOW);
    const best = before.reduce((least, level) => (level.loss < least.loss ? level : least));
    const now = levels[levels.length - 1];
    const scale = history.facts.chanceLoss ?? best.loss;
    if (now.loss <= WORSE * best.loss || now.loss - best.loss <= NOT_LITTLE * scale) return [];
    const norms = rounds.map(({ stepNorm }) => stepNorm).filter(isNumber);
    const growth = norms.length < 2 * NOW ? null : median(norms.slice(-NOW)) / median(norms.slice(0, NOW));
    const finite = Number.isFinite(now.loss);
    return [
      {
        subject: '',
        what: finite
          ? `the loss has risen from ${best.loss.toFixed(3)} to ${now.loss.toFixed(3)} since round ${best.round.round}${growth !== null && growth > 1.5 ? `, and the steps have become ${said(growth)} times as long` : ''}`
          : `the loss is no number any more; it was ${best.loss.toFixed(3)} in round ${best.round.round}`,
        since: best.round.round,
        sure: !finite || now.loss > scale || (growth ?? 0) > 1.5 ? 'certain' : 'likely',
        evidence: { 'best loss': best.loss, ...(finite ? { 'loss now': now.loss } : {}), ...(growth === null ? {} : { 'growth of the steps': growth }) },
        edges: [],
        remedies: ['lower the local learning rate by a factor of 3 to 10, or the server’s', 'bound the length of reports (limits.maxNorm), or aggregate by a robust rule', `go back to the version of about round ${best.round.round}`, 'fewer local steps between two averages'],
        lines: [lineOf('loss', rounds, ({ loss }) => loss), lineOf('length of the step', rounds, ({ stepNorm }) => stepNorm)],
      },
    ];
  },
};
