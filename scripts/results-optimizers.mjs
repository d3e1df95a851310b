/**
 * The table and the picture of docs/results-optimizers.md, from the results that are kept in docs/results/optimizers.jsonl:
 *
 *     node scripts/results-optimizers.mjs
 *
 * Runs that have ended in data/simulations/optimizers are kept there first. With `--run` the others are run, one after the other (a minute or
 * two each on one quiet core); what was interrupted goes on. `--only fedyogi` runs the cells whose name begins so.
 */
import { parseArgs } from 'node:util';
import { markdownTable, openBook, percent, readEnded, repeatable, runScenario } from './results/book.mjs';
import { resultsPicture } from './results/picture.mjs';
import { setUpOrExit } from './setup.mjs';

const book = openBook('optimizers');
const SEED = 1;
const ROUNDS = 250;
const RATE = 'task.algorithm.server.learningRate';

/** `swept`: what of the scenario, over which values; the paper sweeps more, and the local rate with them. */
const SERVERS = [
  { name: 'fedavg', label: 'FedAvg', color: 'quiet', word: 'rate', swept: RATE, values: [1] },
  { name: 'fedavgm', label: 'FedAvgM', color: 'c1', word: 'momentum', swept: 'task.algorithm.server.momentum', values: [0.7, 0.9] },
  { name: 'fedadagrad', label: 'FedAdagrad', color: 'c2', word: 'rate', swept: RATE, values: [0.01, 0.03, 0.1] },
  { name: 'fedadam', label: 'FedAdam', color: 'c3', word: 'rate', swept: RATE, values: [0.003, 0.01, 0.03] },
  { name: 'fedyogi', label: 'FedYogi', color: 'c4', word: 'rate', swept: RATE, values: [0.003, 0.01, 0.03] },
];

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, only: { type: 'string', default: '' } } });

await setUpOrExit();
const { drawPlot } = await import('../dist/simulations/report/plots/plot.js');
const { percentAxis, roundAxis } = await import('../dist/simulations/report/plots/axis.js');
const { level, lines } = await import('../dist/simulations/report/plots/marks.js');
const { STYLE } = await import('../dist/simulations/report/style.js');
const { bestSoFar } = await import('../dist/simulations/run/summary.js');

const cells = SERVERS.flatMap((server) => server.values.map((value) => ({ server, value, cell: `${server.name}-${value}` })));
for (const { server, value, cell } of cells) {
  const folder = book.folderOf(cell);
  if (values.run && cell.startsWith(values.only) && (await readEnded(folder)) === null) {
    runScenario(`optimizer-${server.name}`, folder, ['--seed', String(SEED), '--workers', '1', '--rounds', String(ROUNDS), '--set', `${server.swept}=${value}`]);
  }
  const ended = await readEnded(folder);
  if (ended !== null) await keep(cell, ended);
}
const results = new Map((await book.read()).map((result) => [result.cell, result]));
const written = table();
await book.writeTables(written);
await book.writePicture('results-optimizers.svg', picture());
console.log(written);

async function keep(cell, { result, rounds }) {
  const curve = rounds.flatMap(({ round, accuracy }) => (accuracy === null ? [] : [[round, accuracy]]));
  await book.keep({ cell, ...repeatable(result), curve }, (kept) => kept.cell === cell);
}

/** The one that came to the target first; where none did, the one that came nearest. */
function bestOf({ name, values: tried }) {
  const shown = tried.flatMap((value) => results.get(`${name}-${value}`) ?? []);
  const most = ({ curve }) => Math.max(...curve.map(([, accuracy]) => accuracy));
  return shown.sort((a, b) => (a.roundsToTarget ?? Infinity) - (b.roundsToTarget ?? Infinity) || most(b) - most(a))[0];
}

function table() {
  const rows = SERVERS.flatMap((server) => {
    const best = bestOf(server);
    if (best === undefined) return [];
    const tried = server.values.flatMap((value) => {
      const result = results.get(`${server.name}-${value}`);
      return result === undefined ? [] : [`${value}: ${result.roundsToTarget === null ? '–' : result.roundsToTarget.toFixed(0)}`];
    });
    return [[server.label, best.roundsToTarget === null ? '–' : `**${best.roundsToTarget.toFixed(0)}**`, percent(Math.max(...best.curve.map(([, accuracy]) => accuracy))), `${server.word} ${tried.join(', ')}`]];
  });
  return markdownTable(['server', `rounds to ${100 * [...results.values()][0].target} %`, `best version of at most ${ROUNDS} rounds`, 'what was tried: rounds'], rows);
}

function picture() {
  const curves = SERVERS.flatMap((server) => {
    const best = bestOf(server);
    return best === undefined ? [] : [{ color: server.color, style: '', points: bestSoFar(best.curve.map(([x, y]) => ({ x, y }))) }];
  });
  const [{ target }] = results.values();
  const plot = (size) => drawPlot(size, 'Best accuracy so far by round', roundAxis(Math.max(...curves.map(({ points }) => points.at(-1).x))), percentAxis([0.85, 1], 'best accuracy so far'), [level(target, `target ${100 * target} %`), lines(curves)]);
  return resultsPicture({ title: 'What the server does with the mean: 100 edges of two shards of MNIST', width: 920, height: 430, style: STYLE, legend: SERVERS, plots: [plot] });
}
