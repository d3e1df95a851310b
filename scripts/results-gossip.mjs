/**
 * The table and the pictures of docs/results-gossip.md, from the results that are kept in docs/results/gossip.jsonl:
 *
 *     node scripts/results-gossip.mjs
 *
 * Runs that have ended in data/simulations/gossip are kept there first. With `--run` the others are run, one after the other
 * (three quarters of an hour on two quiet cores); what was interrupted begins anew.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUpOrExit } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const RESULTS = join(ROOT, 'docs/results/gossip.jsonl');
const PAGE = join(ROOT, 'docs/results-gossip.md');
const SEED = 1;

/** `cells`: of which partitions the way is shown; those are the twelve cells, and FedAvg's two. */
const ROWS = [
  { name: 'fedavg', label: 'FedAvg, all 100 each round', color: 'quiet', cells: ['iid', 'noniid'] },
  { name: 'd-psgd-ring', label: 'D-PSGD, ring', color: 'c1', cells: ['iid', 'noniid'] },
  { name: 'd-psgd-torus', label: 'D-PSGD, torus 10 × 10', color: 'c2', cells: ['iid'] },
  { name: 'd-psgd-random-4', label: 'D-PSGD, random 4-regular', color: 'c3', cells: ['iid', 'noniid'] },
  { name: 'd-psgd-exponential', label: 'D-PSGD, one-peer exponential', color: 'c4', cells: ['iid'] },
  { name: 'push-sum', label: 'push-sum, random 4-regular', color: 'c5', cells: ['iid'] },
  { name: 'epidemic', label: 'epidemic, random 4-regular', color: 'c6', cells: ['iid'] },
  { name: 'choco', label: 'CHOCO top 1 %, random 4-regular', color: 'c1', cells: ['iid', 'noniid'] },
  { name: 'group', label: 'group averages, 10 × 10', color: 'c2', cells: ['iid', 'noniid'] },
];
/** Beside the cells: what breaks, each beside its run without. */
const FAULTS = [
  { scenario: 'gossip-mesh', label: 'mesh of 4 neighbours' },
  { scenario: 'gossip-churn', label: 'the same, 10 % leave and 10 % come each minute' },
  { scenario: 'gossip-push-sum-iid', label: 'push-sum, random 4-regular' },
  { scenario: 'gossip-lossy', label: 'the same, one letter of five lost' },
  { scenario: 'gossip-partition', label: 'torus in two halves from round 13 to 26, nobody learns after' },
];
/** A letter after every step instead of every epoch, as CHOCO-SGD's paper has it. */
const STEPS = [
  { scenario: 'gossip-steps-d-psgd', label: 'D-PSGD' },
  { scenario: 'gossip-steps-choco', label: 'CHOCO top 1 %' },
];
const PARTITIONS = { iid: 'IID', noniid: 'Dirichlet(0.5)' };

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, workers: { type: 'string' } } });

await setUpOrExit();
const { readRecord } = await import('../dist/simulations/run/read-record.js');
const { drawPlot } = await import('../dist/simulations/report/plots/plot.js');
const { logAxis, percentAxis, roundAxis } = await import('../dist/simulations/report/plots/axis.js');
const { lines } = await import('../dist/simulations/report/plots/marks.js');
const { STYLE } = await import('../dist/simulations/report/style.js');
const { formatBytes, formatDuration } = await import('../dist/shared/format.js');

const cells = Object.keys(PARTITIONS).flatMap((of) => ROWS.filter((row) => row.cells.includes(of)).map((row) => ({ row, of, scenario: `gossip-${row.name}-${of}` })));
for (const cell of [...cells, ...FAULTS, ...STEPS]) {
  if (values.run && !(await hasEnded(cell))) run(cell);
  if (await hasEnded(cell)) await keep(cell);
}
const results = new Map((await kept()).map((result) => [result.scenario, result]));
const page = await readFile(PAGE, 'utf8').catch(() => '<!-- table -->\n<!-- /table -->\n');
const written = [...Object.keys(PARTITIONS).map(table), faults(), steps()].join('\n\n');
await writeFile(PAGE, page.replace(/(<!-- table -->\n)[\s\S]*(<!-- \/table -->)/, (_, begin, end) => `${begin}${written}\n${end}`));
for (const of of Object.keys(PARTITIONS)) {
  const picture = join(ROOT, `docs/images/results-gossip-${of}.svg`);
  await mkdir(dirname(picture), { recursive: true });
  await writeFile(picture, draw(of));
}
console.log(written);

async function kept() {
  return existsSync(RESULTS) ? (await readFile(RESULTS, 'utf8')).trim().split('\n').map((text) => JSON.parse(text)) : [];
}

function folderOf({ scenario }) {
  return join(ROOT, 'data/simulations/gossip', scenario);
}

function hasEnded(cell) {
  return readRecord(folderOf(cell)).then(({ result }) => result !== null, () => false);
}

function run(cell) {
  console.error(cell.scenario);
  const workers = values.workers === undefined ? [] : ['--workers', values.workers];
  const { status } = spawnSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'simulate', cell.scenario, '--seed', String(SEED), '--out', folderOf(cell), '--fresh', ...workers], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

async function keep(cell) {
  const { scenario } = cell;
  const { run: first, result, rounds } = await readRecord(folderOf(cell));
  // What does not come again with the same seed, and what all lines are.
  const rest = Object.fromEntries(Object.entries(result).filter(([key]) => key !== 'type' && key !== 'wallSeconds'));
  const curve = rounds.flatMap(({ round, accuracy, gossip }) => (accuracy === null && gossip === undefined ? [] : [[round, accuracy, gossip?.worst ?? null, gossip === undefined ? null : Number(gossip.consensus.toPrecision(4))]]));
  const count = (key) => rounds.slice(1).reduce((sum, { gossip }) => sum + (gossip?.[key] ?? 0), 0);
  const line = { ...rest, ...(count('left') > 0 ? { churn: { came: count('came'), left: count('left') } } : {}), contraction: first.gossip?.contraction ?? null, curve };
  const others = (await kept()).filter((one) => one.scenario !== scenario);
  await mkdir(dirname(RESULTS), { recursive: true });
  await writeFile(RESULTS, `${[...others, line].map((one) => JSON.stringify(one)).join('\n')}\n`);
}

/** Markdown. */
function table(of) {
  const percent = (value) => (value == null ? '–' : `${(100 * value).toFixed(2)} %`);
  const fedavg = results.get(`gossip-fedavg-${of}`);
  const rows = cells.filter((cell) => cell.of === of).flatMap(({ row, scenario }) => {
    const result = results.get(scenario);
    if (result === undefined) return [];
    const { gossip } = result;
    const beside = gossip === undefined || fedavg === undefined ? '' : `${(100 * (result.accuracy - fedavg.accuracy)).toFixed(2)}`;
    return [[
      row.label, percent(result.accuracy), beside, percent(gossip?.worst), percent(gossip?.accuracyOfMean), gossip === undefined ? '–' : gossip.consensus.toPrecision(3),
      // An edge of a federation sends its reports; what it downloads is not counted here.
      formatBytes(gossip?.bytesPerPeer ?? result.bytesUp / 100), formatDuration(1000 * result.virtualSeconds), row.name.startsWith('d-psgd') ? (1 - result.contraction).toFixed(4) : '',
    ]];
  });
  const head = [PARTITIONS[of], 'mean of peers', 'points beside FedAvg', 'worst peer', 'mean of models', 'consensus distance', 'sent by a peer', 'virtual time', 'spectral gap'];
  return [head, head.map(() => '---'), ...rows].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function faults() {
  const rows = FAULTS.flatMap(({ scenario, label }) => {
    const result = results.get(scenario);
    if (result === undefined) return [];
    const { came = 0, left = 0 } = result.churn ?? {};
    return [[label, `${(100 * result.accuracy).toFixed(2)} %`, `${(100 * result.gossip.worst).toFixed(2)} %`, result.gossip.consensus.toPrecision(3), formatDuration(1000 * result.virtualSeconds), String(came), String(left)]];
  });
  const head = ['what breaks, IID', 'mean of peers', 'worst peer', 'consensus distance', 'virtual time', 'came later', 'left'];
  return [head, head.map(() => '---'), ...rows].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function steps() {
  const whole = results.get(STEPS[0].scenario);
  const rows = STEPS.flatMap(({ scenario, label }) => {
    const result = results.get(scenario);
    if (result === undefined) return [];
    const { worst, accuracyOfMean, consensus, bytesPerPeer } = result.gossip;
    const part = whole === undefined || whole === result ? '' : `1/${(whole.gossip.bytesPerPeer / bytesPerPeer).toFixed(0)}`;
    return [[label, `${(100 * result.accuracy).toFixed(2)} %`, `${(100 * worst).toFixed(2)} %`, `${(100 * accuracyOfMean).toFixed(2)} %`, consensus.toPrecision(3), formatBytes(bytesPerPeer), part]];
  });
  const head = ['a letter after every step, 32 peers, IID', 'mean of peers', 'worst peer', 'mean of models', 'consensus distance', 'sent by a peer', 'beside D-PSGD'];
  return [head, head.map(() => '---'), ...rows].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Mean accuracy, and the consensus distance, by round. */
function draw(of) {
  const [width, height, top] = [1180, 470, 96];
  const shown = cells.filter((cell) => cell.of === of && results.has(cell.scenario)).map(({ row, scenario }, i) => ({ ...row, color: row.name === 'fedavg' ? 'quiet' : `c${1 + ((i + 5) % 6)}`, ...results.get(scenario) }));
  const curves = (column) => shown.map(({ curve, color, name }) => ({ color, style: name === 'choco' || name === 'group' ? 'thin' : '', points: curve.filter((point) => point[column] !== null && point[column] > 0).map((point) => ({ x: point[0], y: column === 3 ? Math.log10(point[column]) : point[column] })) })).filter(({ points }) => points.length > 0);
  const last = Math.max(...shown.map(({ rounds }) => rounds));
  const size = { width: (width - 60) / 2, height: height - top - 14 };
  const distances = shown.flatMap(({ curve }) => curve.flatMap((point) => (point[3] > 0 ? [point[3]] : [])));
  const accuracy = drawPlot(size, 'Accuracy by round', roundAxis(last), percentAxis([0.8, 1], 'mean accuracy of the peers'), [lines(curves(1))]);
  const consensus = drawPlot(size, 'Consensus distance by round', roundAxis(last), logAxis([Math.min(...distances), Math.max(...distances)], 'consensus distance'), [lines(curves(3))]);
  let [x, y] = [20, 56];
  const legend = shown.map(({ label, color }) => {
    const step = 40 + 6.4 * label.length;
    if (x + step > width) [x, y] = [20, y + 20];
    const entry = `<path d="M${x} ${y}h16" style="stroke:var(--${color});stroke-width:3"/><text x="${x + 22}" y="${y + 4}">${label}</text>`;
    x += step;
    return entry;
  });
  const title = `100 peers on MNIST, ${PARTITIONS[of]}: accuracy and consensus distance by round`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${title}</title><style>${STYLE.trim()} svg{font:12px system-ui,"Segoe UI",Helvetica,Arial,sans-serif}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" style="fill:var(--card);stroke:var(--line)"/>`,
    `<text x="20" y="32" class="note" style="font-size:16px">${title}</text>`, ...legend,
    `<svg x="20" y="${top}" width="${size.width}" height="${size.height}">${accuracy}</svg>`, `<svg x="${40 + size.width}" y="${top}" width="${size.width}" height="${size.height}">${consensus}</svg>`, '</svg>', '',
  ].join('\n');
}
