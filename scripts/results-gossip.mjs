/**
 * The table and the pictures of docs/results-gossip.md, from the results that are kept in docs/results/gossip.jsonl:
 *
 *     node scripts/results-gossip.mjs
 *
 * Runs that have ended in data/simulations/gossip are kept there first. With `--run` the others are run, one after the other
 * (three quarters of an hour on two quiet cores); what was interrupted begins anew.
 */
import { parseArgs } from 'node:util';
import { markdownTable, openBook, percent, readEnded, repeatable, runScenario } from './results/book.mjs';
import { resultsPicture } from './results/picture.mjs';
import { setUpOrExit } from './setup.mjs';

const book = openBook('gossip');
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
const { drawPlot } = await import('../dist/simulations/report/plots/plot.js');
const { logAxis, percentAxis, roundAxis } = await import('../dist/simulations/report/plots/axis.js');
const { lines } = await import('../dist/simulations/report/plots/marks.js');
const { STYLE } = await import('../dist/simulations/report/style.js');
const { formatBytes, formatDuration } = await import('../dist/shared/format.js');

const cells = Object.keys(PARTITIONS).flatMap((of) => ROWS.filter((row) => row.cells.includes(of)).map((row) => ({ row, of, scenario: `gossip-${row.name}-${of}` })));
for (const { scenario } of [...cells, ...FAULTS, ...STEPS]) {
  const folder = book.folderOf(scenario);
  if (values.run && (await readEnded(folder)) === null) runScenario(scenario, folder, ['--seed', String(SEED), '--fresh', ...(values.workers === undefined ? [] : ['--workers', values.workers])]);
  const ended = await readEnded(folder);
  if (ended !== null) await keep(scenario, ended);
}
const results = new Map((await book.read()).map((result) => [result.scenario, result]));
const written = [...Object.keys(PARTITIONS).map(table), faults(), steps()].join('\n\n');
await book.writeTables(written);
for (const of of Object.keys(PARTITIONS)) await book.writePicture(`results-gossip-${of}.svg`, draw(of));
console.log(written);

async function keep(name, { run: first, result, rounds }) {
  const curve = rounds.flatMap(({ round, accuracy, gossip }) => (accuracy === null && gossip === undefined ? [] : [[round, accuracy, gossip?.worst ?? null, gossip === undefined ? null : Number(gossip.consensus.toPrecision(4))]]));
  const count = (key) => rounds.slice(1).reduce((sum, { gossip }) => sum + (gossip?.[key] ?? 0), 0);
  const line = { ...repeatable(result), ...(count('left') > 0 ? { churn: { came: count('came'), left: count('left') } } : {}), contraction: first.gossip?.contraction ?? null, curve };
  await book.keep(line, ({ scenario }) => scenario === name);
}

/** Markdown. */
function table(of) {
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
  return markdownTable(head, rows);
}

function faults() {
  const rows = FAULTS.flatMap(({ scenario, label }) => {
    const result = results.get(scenario);
    if (result === undefined) return [];
    const { came = 0, left = 0 } = result.churn ?? {};
    return [[label, percent(result.accuracy), percent(result.gossip.worst), result.gossip.consensus.toPrecision(3), formatDuration(1000 * result.virtualSeconds), String(came), String(left)]];
  });
  const head = ['what breaks, IID', 'mean of peers', 'worst peer', 'consensus distance', 'virtual time', 'came later', 'left'];
  return markdownTable(head, rows);
}

function steps() {
  const whole = results.get(STEPS[0].scenario);
  const rows = STEPS.flatMap(({ scenario, label }) => {
    const result = results.get(scenario);
    if (result === undefined) return [];
    const { worst, accuracyOfMean, consensus, bytesPerPeer } = result.gossip;
    const part = whole === undefined || whole === result ? '' : `1/${(whole.gossip.bytesPerPeer / bytesPerPeer).toFixed(0)}`;
    return [[label, percent(result.accuracy), percent(worst), percent(accuracyOfMean), consensus.toPrecision(3), formatBytes(bytesPerPeer), part]];
  });
  const head = ['a letter after every step, 32 peers, IID', 'mean of peers', 'worst peer', 'mean of models', 'consensus distance', 'sent by a peer', 'beside D-PSGD'];
  return markdownTable(head, rows);
}

/** Mean accuracy, and the consensus distance, by round. */
function draw(of) {
  const shown = cells.filter((cell) => cell.of === of && results.has(cell.scenario)).map(({ row, scenario }, i) => ({ ...row, color: row.name === 'fedavg' ? 'quiet' : `c${1 + ((i + 5) % 6)}`, ...results.get(scenario) }));
  const curves = (column) => shown.map(({ curve, color, name }) => ({ color, style: name === 'choco' || name === 'group' ? 'thin' : '', points: curve.filter((point) => point[column] !== null && point[column] > 0).map((point) => ({ x: point[0], y: column === 3 ? Math.log10(point[column]) : point[column] })) })).filter(({ points }) => points.length > 0);
  const axis = roundAxis(Math.max(...shown.map(({ rounds }) => rounds)));
  const distances = shown.flatMap(({ curve }) => curve.flatMap((point) => (point[3] > 0 ? [point[3]] : [])));
  return resultsPicture({
    title: `100 peers on MNIST, ${PARTITIONS[of]}: accuracy and consensus distance by round`, width: 1180, height: 470, style: STYLE, legend: shown,
    plots: [
      (size) => drawPlot(size, 'Accuracy by round', axis, percentAxis([0.8, 1], 'mean accuracy of the peers'), [lines(curves(1))]),
      (size) => drawPlot(size, 'Consensus distance by round', axis, logAxis([Math.min(...distances), Math.max(...distances)], 'consensus distance'), [lines(curves(3))]),
    ],
  });
}
