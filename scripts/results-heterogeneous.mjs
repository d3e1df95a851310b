/**
 * The tables and the picture of docs/results-heterogeneous.md, from the results that are kept in docs/results/heterogeneous.jsonl:
 *
 *     node scripts/results-heterogeneous.mjs
 *
 * Runs that have ended in data/simulations/heterogeneous are kept there first. With `--run` the others are run, one after the
 * other (thirty of them, five minutes each on one quiet core); what was interrupted goes on. `--only scaffold-01` runs and keeps
 * the cells whose name begins so; `--rounds 5` is for a look at whether it works, and keeps nothing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUpOrExit } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const RESULTS = join(ROOT, 'docs/results/heterogeneous.jsonl');
const PAGE = join(ROOT, 'docs/results-heterogeneous.md');
const PICTURE = join(ROOT, 'docs/images/results-heterogeneous.svg');
const SEED = 1;
/** The page where there is none yet: how it was measured. What is to be concluded is written beside the tables. */
const FIRST_PAGE = `# When data differ from edge to edge: what helps

A hundred edges hold MNIST, the examples of each label dealt out by a Dirichlet draw, so that they differ in what they hold and in how much. Ten of them train in each round, for five epochs; some do only part of that, from one
epoch on, as in FedProx's experiments. The scenarios are \`heterogeneous-*\`, the algorithms those of [tasks.md](tasks.md#when-data-differ-from-edge-to-edge), each with one setting for all cells and the same local training.

<!-- table -->
<!-- /table -->

One seed, 100 rounds. Rounds are counted [as in the FedAvg paper](simulations-output.md#the-record). The accuracy at the end is the mean of the last ten versions ± their standard deviation.

![Accuracy by round, with the most stragglers](images/results-heterogeneous.svg)
`;
/** Rounds whose accuracies are averaged at the end: single versions swing. */
const LAST = 10;

const ALGORITHMS = [
  { name: 'fedavg', label: 'FedAvg', color: 'c1' },
  { name: 'fedprox', label: 'FedProx, μ = 0.1', color: 'c2' },
  { name: 'scaffold', label: 'SCAFFOLD', color: 'c3' },
  { name: 'fednova', label: 'FedNova', color: 'c4' },
  { name: 'feddyn', label: 'FedDyn, α = 0.1', color: 'c5' },
];
const ALPHAS = { '01': 'Dirichlet(0.1)', '05': 'Dirichlet(0.5)' };
/** Shares of the assignments in which an edge does part of its work. */
const STRAGGLERS = [0, 0.5, 0.9];

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, only: { type: 'string', default: '' }, rounds: { type: 'string' }, workers: { type: 'string', default: '1' } } });

await setUpOrExit();
const { readRecord } = await import('../dist/simulations/run/read-record.js');
const { drawPlot } = await import('../dist/simulations/report/plots/plot.js');
const { percentAxis, roundAxis } = await import('../dist/simulations/report/plots/axis.js');
const { lines } = await import('../dist/simulations/report/plots/marks.js');
const { STYLE } = await import('../dist/simulations/report/style.js');
const { formatBytes } = await import('../dist/shared/format.js');

const cells = Object.keys(ALPHAS).flatMap((alpha) => STRAGGLERS.flatMap((stragglers) => ALGORITHMS.map((algorithm) => ({ algorithm, alpha, stragglers, name: `${algorithm.name}-${alpha}-${stragglers}` }))));
for (const cell of cells.filter(({ name }) => name.startsWith(values.only))) {
  if (values.run && !(await hasEnded(cell))) run(cell);
  if (values.rounds === undefined && (await hasEnded(cell))) await keep(cell);
}
const results = new Map((await kept()).map((result) => [result.cell, result]));
if (results.size > 0) {
  const tables = Object.keys(ALPHAS).map(table).join('\n\n');
  console.log(tables);
  const page = await readFile(PAGE, 'utf8').catch(() => FIRST_PAGE);
  await writeFile(PAGE, page.replace(/(<!-- table -->\n)[\s\S]*(<!-- \/table -->)/, (_, begin, end) => `${begin}${tables}\n${end}`));
  await mkdir(dirname(PICTURE), { recursive: true });
  await writeFile(PICTURE, picture());
}

function folderOf({ name }) {
  return join(ROOT, 'data/simulations/heterogeneous', values.rounds === undefined ? name : `${name}-look`);
}

function hasEnded(cell) {
  return readRecord(folderOf(cell)).then(({ result }) => result !== null, () => false);
}

function run(cell) {
  console.error(cell.name);
  const more = values.rounds === undefined ? [] : ['--rounds', values.rounds, '--fresh'];
  const scenario = `heterogeneous-${cell.algorithm.name}-${cell.alpha}`;
  const { status } = spawnSync(
    process.execPath,
    [join(ROOT, 'dist/cli/main.js'), 'simulate', scenario, '--full', '--seed', String(SEED), '--set', `fleet.stragglers.share=${cell.stragglers}`, '--out', folderOf(cell), '--workers', values.workers, ...more],
    { stdio: 'inherit' },
  );
  if (status !== 0) process.exit(status ?? 1);
}

async function kept() {
  return existsSync(RESULTS) ? (await readFile(RESULTS, 'utf8')).trim().split('\n').map((text) => JSON.parse(text)) : [];
}

async function keep({ name }) {
  const { result, rounds } = await readRecord(folderOf({ name }));
  const curve = rounds.flatMap(({ round, accuracy }) => (accuracy === null ? [] : [[round, accuracy]]));
  const end = curve.slice(-LAST).map(([, accuracy]) => accuracy);
  const mean = end.reduce((sum, accuracy) => sum + accuracy, 0) / end.length;
  const swing = Math.sqrt(end.reduce((sum, accuracy) => sum + (accuracy - mean) ** 2, 0) / end.length);
  const { scenario, seed, rounds: count, target, roundsToTarget, bytesUp, bytesDown, digest } = result;
  const line = { cell: name, scenario, seed, rounds: count, target, roundsToTarget, mean, swing, bytesUp, bytesDown, digest, curve };
  const others = (await kept()).filter(({ cell }) => cell !== name);
  await mkdir(dirname(RESULTS), { recursive: true });
  await writeFile(RESULTS, `${[...others, line].map((one) => JSON.stringify(one)).join('\n')}\n`);
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
  const head = [ALPHAS[alpha], ...STRAGGLERS.flatMap((share) => [`rounds to 97 %, ${100 * share} % stragglers`, 'accuracy at the end, %']), 'bytes a round'];
  return [head, head.map(() => '---'), ...rows].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Accuracy by round, a plot for each alpha, with most stragglers. */
function picture() {
  const [width, height, top] = [1180, 430, 74];
  const share = STRAGGLERS.at(-1);
  const size = { width: (width - 60) / 2, height: height - top - 14 };
  const plots = Object.entries(ALPHAS).map(([alpha, title], i) => {
    const curves = ALGORITHMS.flatMap(({ name, color }) => {
      const found = results.get(`${name}-${alpha}-${share}`);
      return found === undefined ? [] : [{ color, style: '', points: found.curve.map(([x, y]) => ({ x, y })) }];
    });
    if (curves.length === 0) return '';
    const last = Math.max(...curves.map(({ points }) => points.at(-1).x));
    return `<svg x="${20 + i * (20 + size.width)}" y="${top}" width="${size.width}" height="${size.height}">${drawPlot(size, title, roundAxis(last), percentAxis([0.6, 1], `accuracy, ${title}`), [lines(curves)])}</svg>`;
  });
  let x = 20;
  const legend = ALGORITHMS.map(({ label, color }) => {
    const entry = `<path d="M${x} 56h16" style="stroke:var(--${color});stroke-width:3"/><text x="${x + 22}" y="60">${label}</text>`;
    x += 50 + 6.4 * label.length;
    return entry;
  });
  const title = `100 edges on MNIST, ${100 * share} % of them do part of their work: accuracy by round`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${title}</title><style>${STYLE.trim()} svg{font:12px system-ui,"Segoe UI",Helvetica,Arial,sans-serif}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" style="fill:var(--card);stroke:var(--line)"/>`,
    `<text x="20" y="32" class="note" style="font-size:16px">${title}</text>`, ...legend, ...plots, '</svg>', '',
  ].join('\n');
}
