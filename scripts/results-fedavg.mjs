/**
 * The tables of docs/results-fedavg.md, from the results that are kept in docs/results/fedavg.jsonl: rounds to the target,
 * mean and sample deviation over the seeds, for each learning rate.
 *
 *     node scripts/results-fedavg.mjs
 *     node scripts/results-fedavg.mjs --from FOLDER     takes the runs of a sweep into the results first
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { markdownTable, openBook, readEnded, repeatable } from './results/book.mjs';
import { setUpOrExit } from './setup.mjs';

const book = openBook('fedavg');
/** McMahan et al. 2017, table 1, C = 0.1: E, B and rounds; our own scenario stands beside the row that it is to beat. */
const SCENARIOS = {
  'fedavg-2nn-iid': { work: '1, 10', paper: 87 },
  'fedavg-2nn-noniid': { work: '1, 10', paper: 664 },
  'best-2nn-noniid': { work: '1, 10', paper: 664 },
  'fedsgd-2nn-iid': { work: '1, ∞', paper: 1474 },
  'fedavg-cnn-iid': { work: '5, 10', paper: 18 },
  'fedavg-cnn-noniid': { work: '5, 10', paper: 206 },
};
const SWEPT = 'fedavg-2nn-iid';

const { values } = parseArgs({ options: { from: { type: 'string', multiple: true } } });

await setUpOrExit();
const { meanAndDeviation } = await import('../dist/simulations/run/mean-and-deviation.js');

if (values.from) await keep(values.from);
const results = await book.read();
const written = [table(), sweep()].join('\n\n');
await book.writeTables(written);
console.log(written);

/** @param {readonly string[]} folders of sweeps, or of single runs */
async function keep(folders) {
  const keyOf = ({ scenario, learningRate, seed }) => `${scenario} ${learningRate} ${seed}`;
  const all = new Map((await book.read()).map((result) => [keyOf(result), result]));
  for (const folder of folders.flatMap((of) => [of, ...readdirSync(of).map((name) => join(of, name))])) {
    const ended = existsSync(join(folder, 'scenario.json')) ? await readEnded(folder) : null;
    if (ended === null) continue;
    const { algorithm } = JSON.parse(readFileSync(join(folder, 'scenario.json'), 'utf8')).scenario.task;
    const kept = { ...repeatable(ended.result), learningRate: algorithm.learningRate ?? algorithm.server.learningRate };
    all.set(keyOf(kept), kept);
  }
  const order = Object.keys(SCENARIOS);
  await book.write([...all.values()].sort((a, b) => order.indexOf(a.scenario) - order.indexOf(b.scenario) || a.learningRate - b.learningRate || a.seed - b.seed));
}

/** Of a scenario the learning rates of which there are most seeds, the best one first. */
function table() {
  const rows = Object.entries(SCENARIOS).flatMap(([scenario, { work, paper }]) => {
    const rates = ratesOf(scenario);
    const most = Math.max(...rates.map(({ rounds }) => rounds.samples));
    return rates.filter(({ rounds }) => rounds.samples === most).sort((a, b) => a.rounds.mean - b.rounds.mean).map(({ rate, rounds }, i) => [
      i === 0 ? `\`${scenario}\`` : '', work, rate, rounds.samples, `${i === 0 ? '**' : ''}${spread(rounds)}${i === 0 ? '**' : ''}`, i === 0 ? paper : '', (rounds.mean / paper).toFixed(2),
    ]);
  });
  return markdownTable(['scenario', 'E, B', 'learning rate', 'seeds', 'rounds, here', 'rounds, the paper', 'here ÷ paper'], rows);
}

function sweep() {
  const first = results.filter(({ scenario, seed }) => scenario === SWEPT && seed === 1);
  const best = Math.min(...first.map(({ roundsToTarget }) => roundsToTarget));
  const cells = first.map(({ roundsToTarget }) => (roundsToTarget === best ? `**${roundsToTarget.toFixed(1)}**` : roundsToTarget.toFixed(1)));
  return markdownTable([`\`${SWEPT}\`, seed 1: learning rate`, ...first.map(({ learningRate }) => learningRate)], [['rounds to 97 %', ...cells]]);
}

function ratesOf(scenario) {
  const own = results.filter((result) => result.scenario === scenario && result.roundsToTarget !== null);
  return [...new Set(own.map(({ learningRate }) => learningRate))].map((rate) => ({ rate, rounds: meanAndDeviation(own.filter(({ learningRate }) => learningRate === rate).map(({ roundsToTarget }) => roundsToTarget)) }));
}

function spread({ mean, deviation }) {
  return deviation === null ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${deviation.toFixed(1)}`;
}
