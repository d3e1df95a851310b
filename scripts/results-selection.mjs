/**
 * The table and the picture of docs/results-selection.md, from the results that are kept in docs/results/selection.jsonl:
 *
 *     node scripts/results-selection.mjs
 *
 * With `--run` the scenarios are run before, three seeds each, into data/simulations/selection (half an hour on one quiet core;
 * what ended before is passed over), and the results are kept anew. `--from FOLDER` names another folder of such runs.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { markdownTable, openBook, runScenario } from './results/book.mjs';
import { resultsPicture } from './results/picture.mjs';
import { setUpOrExit } from './setup.mjs';

const book = openBook('selection');
const SEEDS = [1, 2, 3];

/** `baseline`: what the method's paper compares it with, and what it says of the two. */
const METHODS = [
  { name: 'uniform', label: 'uniform, 13 asked for 10', color: 'c1', scenario: 'selection-uniform', baseline: 'uniform' },
  { name: 'oort', label: 'Oort, 13 asked for 10', color: 'c4', scenario: 'selection-oort', baseline: 'uniform', paper: '1.2–14× in time ([Lai et al. 2021](https://arxiv.org/abs/2010.06081))' },
  { name: 'uniform-all', label: 'uniform, all 10 waited for', color: 'c2', scenario: 'selection-uniform', set: 'task.round.overSelection=1', baseline: 'uniform-all' },
  { name: 'power-of-choice', label: 'power of choice, 10 of 20', color: 'c5', scenario: 'selection-power-of-choice', baseline: 'uniform-all', paper: 'up to 3× in rounds ([Cho et al. 2020](https://arxiv.org/abs/2010.01243))' },
  { name: 'tifl', label: 'TiFL, five tiers', color: 'c3', scenario: 'selection-tifl', baseline: 'uniform-all', paper: 'up to 3× in time ([Chai et al. 2020](https://arxiv.org/abs/2001.09249))' },
];

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, from: { type: 'string' } } });

await setUpOrExit();
const { readRecord } = await import('../dist/simulations/run/read-record.js');
const { bestSoFar } = await import('../dist/simulations/run/summary.js');
const { meanAndDeviation } = await import('../dist/simulations/run/mean-and-deviation.js');
const { drawPlot } = await import('../dist/simulations/report/plots/plot.js');
const { percentAxis, timeAxis } = await import('../dist/simulations/report/plots/axis.js');
const { drop, level, line } = await import('../dist/simulations/report/plots/marks.js');
const { STYLE } = await import('../dist/simulations/report/style.js');
const { formatBytes, formatDuration } = await import('../dist/shared/format.js');

const folder = values.from === undefined ? book.folderOf() : resolve(values.from);
if (values.run) run();
if (values.run || values.from !== undefined) await keep();
const results = await book.read();
const target = results[0].target;
const written = table();
await book.writeTables(written);
console.log(written);
console.log(`\n${await book.writePicture('results-selection.svg', picture())}`);

function run() {
  for (const { name, scenario, set } of METHODS) {
    runScenario(scenario, join(folder, name), ['--seeds', `${SEEDS[0]}..${SEEDS.at(-1)}`, '--workers', '1', ...(set === undefined ? [] : ['--set', set])]);
  }
}

/** A line a run: its result, and the rounds that were better than all before them, which are all that the picture needs. */
async function keep() {
  const lines = [];
  for (const { name } of METHODS) {
    for (const seed of SEEDS) {
      const { result, rounds } = await readRecord(join(folder, name, `seed=${seed}`));
      if (result?.roundsToTarget == null) throw new Error(`${name}, seed ${seed} has not reached its target: run it again with --run`);
      let best = -Infinity;
      const better = rounds.filter(({ accuracy }) => accuracy !== null && accuracy > best && ((best = accuracy), true));
      const counts = new Map();
      for (const { reportedEdges } of rounds) for (const edge of reportedEdges) counts.set(edge, (counts.get(edge) ?? 0) + 1);
      lines.push({ method: name, ...result, edgesHeard: counts.size, curve: better.map(({ round, virtualMs, accuracy }) => [round, Math.round(virtualMs / 100) / 10, accuracy]) });
    }
  }
  await book.write(lines);
}

function spreadOf(name, value) {
  return meanAndDeviation(results.filter(({ method }) => method === name).map(value));
}

/** Markdown. */
function table() {
  const spread = ({ mean, deviation }, format) => `${format(mean)} ± ${format(deviation ?? 0)}`;
  const seconds = (of) => of.virtualSecondsToTarget;
  const rounds = (of) => of.roundsToTarget;
  const duration = (value) => formatDuration(1000 * value);
  const rows = METHODS.map(({ name, label, baseline, paper = '' }) => {
    const beside = (value) => `${(spreadOf(baseline, value).mean / spreadOf(name, value).mean).toFixed(2)}×`;
    return [
      label, spread(spreadOf(name, seconds), duration), spread(spreadOf(name, rounds), (value) => value.toFixed(1)), spread(spreadOf(name, (of) => of.bytesUp + of.bytesDown), formatBytes),
      `${Math.round(spreadOf(name, (of) => of.edgesHeard).mean)} of 200`, name === baseline ? '1' : beside(seconds), name === baseline ? '1' : beside(rounds), paper,
    ];
  });
  const head = ['', `virtual time to ${100 * target} %`, 'rounds', 'bytes', 'edges heard', 'faster in time', 'in rounds', 'the paper says'];
  return markdownTable(head, rows);
}

/** Best accuracy so far by virtual time, a line a seed. */
function picture() {
  const curves = METHODS.flatMap(({ name, color }) => results.filter(({ method }) => method === name).map((of) => ({ color, of, points: of.curve.map(([, x, y]) => ({ x, y })) })));
  const last = Math.max(...results.map(({ virtualSecondsToTarget }) => virtualSecondsToTarget));
  const plot = (size) => drawPlot(size, 'Accuracy by virtual time', timeAxis(last), percentAxis([0.7, 0.95], 'best accuracy so far'), [
    level(target, `target ${100 * target} %`),
    ...curves.map(({ color, points }) => line(bestSoFar(points), color, 'thin')),
    ...curves.map(({ color, of }) => drop({ x: of.virtualSecondsToTarget, y: target }, '', color)),
  ]);
  return resultsPicture({ title: `Accuracy by virtual time: 200 phones, MNIST, ${SEEDS.length} seeds each`, width: 920, height: 470, style: STYLE, legend: METHODS, plots: [plot] });
}
