/**
 * The tables and the picture of docs/results-heterogeneous.md, from the results that are kept in docs/results/heterogeneous.jsonl:
 *
 *     node scripts/results-heterogeneous.mjs
 *
 * Runs that have ended in data/simulations/heterogeneous are kept there first. With `--run` the others are run, one after the
 * other (twenty of them, two minutes each on one quiet core); what was interrupted goes on. `--only scaffold-01` runs and keeps
 * the cells whose name begins so; `--rounds 5` is for a look at whether it works, and keeps nothing.
 */
import { parseArgs } from 'node:util';
import { markdownTable, openBook, readEnded, runScenario } from './results/book.mjs';
import { resultsPicture } from './results/picture.mjs';
import { setUpOrExit } from './setup.mjs';

const book = openBook('heterogeneous');
const SEED = 1;
/** Rounds whose accuracies are averaged at the end: single versions swing. */
const LAST = 10;

const ALGORITHMS = [
  { name: 'fedavg', label: 'FedAvg', color: 'c1' },
  { name: 'fedprox', label: 'FedProx, μ = 0.1', color: 'c2' },
  { name: 'scaffold', label: 'SCAFFOLD', color: 'c3' },
  { name: 'fednova', label: 'FedNova', color: 'c4' },
  { name: 'feddyn', label: 'FedDyn, α = 0.1', color: 'c5' },
];
/** `lowest`: where the picture begins. */
const ALPHAS = { '01': { title: 'Dirichlet(0.1)', lowest: 0.8 }, '05': { title: 'Dirichlet(0.5)', lowest: 0.92 } };
/** Shares of the assignments in which an edge does part of its work. */
const STRAGGLERS = [0, 0.9];

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, only: { type: 'string', default: '' }, rounds: { type: 'string' }, workers: { type: 'string', default: '1' } } });

await setUpOrExit();
const { drawPlot } = await import('../dist/simulations/report/plots/plot.js');
const { percentAxis, roundAxis } = await import('../dist/simulations/report/plots/axis.js');
const { lines } = await import('../dist/simulations/report/plots/marks.js');
const { STYLE } = await import('../dist/simulations/report/style.js');
const { formatBytes } = await import('../dist/shared/format.js');

const cells = Object.keys(ALPHAS).flatMap((alpha) => STRAGGLERS.flatMap((stragglers) => ALGORITHMS.map((algorithm) => ({ algorithm, alpha, stragglers, name: `${algorithm.name}-${alpha}-${stragglers}` }))));
for (const cell of cells.filter(({ name }) => name.startsWith(values.only))) {
  const folder = book.folderOf(values.rounds === undefined ? cell.name : `${cell.name}-look`);
  if (values.run && (await readEnded(folder)) === null) run(cell, folder);
  const ended = values.rounds === undefined ? await readEnded(folder) : null;
  if (ended !== null) await keep(cell, ended);
}
const results = new Map((await book.read()).map((result) => [result.cell, result]));
if (results.size > 0) {
  const tables = Object.keys(ALPHAS).map(table).join('\n\n');
  console.log(tables);
  await book.writeTables(tables);
  await book.writePicture('results-heterogeneous.svg', picture());
}

function run(cell, folder) {
  const more = values.rounds === undefined ? [] : ['--rounds', values.rounds, '--fresh'];
  runScenario(`heterogeneous-${cell.algorithm.name}-${cell.alpha}`, folder, ['--full', '--seed', String(SEED), '--set', `fleet.stragglers.share=${cell.stragglers}`, '--workers', values.workers, ...more]);
}

async function keep({ name }, { result, rounds }) {
  const curve = rounds.flatMap(({ round, accuracy }) => (accuracy === null ? [] : [[round, accuracy]]));
  const end = curve.slice(-LAST).map(([, accuracy]) => accuracy);
  const mean = end.reduce((sum, accuracy) => sum + accuracy, 0) / end.length;
  const swing = Math.sqrt(end.reduce((sum, accuracy) => sum + (accuracy - mean) ** 2, 0) / end.length);
  const { scenario, seed, rounds: count, target, roundsToTarget, bytesUp, bytesDown, digest } = result;
  const line = { cell: name, scenario, seed, rounds: count, target, roundsToTarget, mean, swing, bytesUp, bytesDown, digest, curve };
  await book.keep(line, ({ cell }) => cell === name);
}

/** Markdown: a row an algorithm, for each share of stragglers its rounds to the target and its accuracy at the end. */
function table(alpha) {
  const percent = (value) => (100 * value).toFixed(2);
  const rows = ALGORITHMS.flatMap(({ name, label }) => {
    const found = STRAGGLERS.map((share) => results.get(`${name}-${alpha}-${share}`));
    if (found.every((one) => one === undefined)) return [];
    const [any] = found.filter((one) => one !== undefined);
    return [[label, ...found.flatMap((one) => (one === undefined ? ['', ''] : [one.roundsToTarget === null ? '–' : one.roundsToTarget.toFixed(0), `${percent(one.mean)} ± ${percent(one.swing)}`])), formatBytes((any.bytesUp + any.bytesDown) / any.rounds)]];
  });
  const head = [ALPHAS[alpha].title, ...STRAGGLERS.flatMap((share) => [`rounds to 97 %, ${100 * share} % stragglers`, 'accuracy at the end, %']), 'bytes a round'];
  return markdownTable(head, rows);
}

/** Accuracy by round, a plot for each alpha, with most stragglers. */
function picture() {
  const share = STRAGGLERS.at(-1);
  const plots = Object.entries(ALPHAS).map(([alpha, { title, lowest }]) => (size) => {
    const curves = ALGORITHMS.flatMap(({ name, color }) => {
      const found = results.get(`${name}-${alpha}-${share}`);
      return found === undefined ? [] : [{ color, style: '', points: found.curve.map(([x, y]) => ({ x, y })) }];
    });
    if (curves.length === 0) return '';
    return drawPlot(size, title, roundAxis(Math.max(...curves.map(({ points }) => points.at(-1).x))), percentAxis([lowest, 1], `accuracy, ${title}`), [lines(curves)]);
  });
  return resultsPicture({ title: `100 edges on MNIST, ${100 * share} % of them do part of their work: accuracy by round`, width: 1180, height: 430, style: STYLE, legend: ALGORITHMS, plots });
}
