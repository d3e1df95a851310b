/**
 * The table and the picture of docs/results-selection.md, from the results that are kept in docs/results/selection.jsonl:
 *
 *     node scripts/results-selection.mjs
 *
 * With `--run` the scenarios are run before, three seeds each, into data/simulations/selection (half an hour on one quiet core;
 * what ended before is passed over), and the results are kept anew. `--from FOLDER` names another folder of such runs.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUpOrExit } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const RESULTS = join(ROOT, 'docs/results/selection.jsonl');
const PICTURE = join(ROOT, 'docs/images/results-selection.svg');
const SEEDS = [1, 2, 3];

/** `baseline`: what the method's paper compares it with. */
const METHODS = [
  { name: 'uniform', label: 'uniform, 13 asked for 10', color: 'c1', scenario: 'selection-uniform', baseline: 'uniform' },
  { name: 'oort', label: 'Oort, 13 asked for 10', color: 'c4', scenario: 'selection-oort', baseline: 'uniform' },
  { name: 'uniform-all', label: 'uniform, all 10 waited for', color: 'c2', scenario: 'selection-uniform', set: 'task.round.overSelection=1', baseline: 'uniform-all' },
  { name: 'power-of-choice', label: 'power of choice', color: 'c5', scenario: 'selection-power-of-choice', baseline: 'uniform-all' },
  { name: 'tifl', label: 'TiFL', color: 'c3', scenario: 'selection-tifl', baseline: 'uniform-all' },
];

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, from: { type: 'string' } } });

await setUpOrExit();
const { readRecord } = await import('../dist/simulations/run/read-record.js');
const { bestSoFar } = await import('../dist/simulations/run/summary.js');
const { meanAndDeviation } = await import('../dist/simulations/run/spread.js');
const { drawPlot } = await import('../dist/simulations/report/plots/plot.js');
const { percentAxis, timeAxis } = await import('../dist/simulations/report/plots/axis.js');
const { drop, level, line } = await import('../dist/simulations/report/plots/marks.js');
const { STYLE } = await import('../dist/simulations/report/style.js');
const { formatBytes, formatDuration } = await import('../dist/shared/format.js');

const folder = resolve(values.from ?? join(ROOT, 'data/simulations/selection'));
if (values.run) run();
if (values.run || values.from !== undefined) await keep();
const results = (await readFile(RESULTS, 'utf8')).trim().split('\n').map((text) => JSON.parse(text));
const target = results[0].target;
console.log(table());
await mkdir(dirname(PICTURE), { recursive: true });
await writeFile(PICTURE, picture());
console.log(`\n${PICTURE}`);

function run() {
  for (const { name, scenario, set } of METHODS) {
    const options = ['--seeds', `${SEEDS[0]}..${SEEDS.at(-1)}`, '--workers', '1', '--out', join(folder, name), ...(set === undefined ? [] : ['--set', set])];
    const { status } = spawnSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'simulate', scenario, ...options], { stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
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
      lines.push(JSON.stringify({ method: name, ...result, edgesHeard: counts.size, curve: better.map(({ round, virtualMs, accuracy }) => [round, Math.round(virtualMs / 100) / 10, accuracy]) }));
    }
  }
  await mkdir(dirname(RESULTS), { recursive: true });
  await writeFile(RESULTS, `${lines.join('\n')}\n`);
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
  const rows = METHODS.map(({ name, label, baseline }) => {
    const beside = (value) => `${(spreadOf(baseline, value).mean / spreadOf(name, value).mean).toFixed(2)}×`;
    return [
      label, spread(spreadOf(name, seconds), duration), spread(spreadOf(name, rounds), (value) => value.toFixed(1)), spread(spreadOf(name, (of) => of.bytesUp + of.bytesDown), formatBytes),
      `${Math.round(spreadOf(name, (of) => of.edgesHeard).mean)} of 200`, name === baseline ? '1' : beside(seconds), name === baseline ? '1' : beside(rounds),
    ];
  });
  const head = ['', `virtual time to ${100 * target} %`, 'rounds', 'bytes', 'edges heard', 'faster in time', 'faster in rounds'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Best accuracy so far by virtual time, a line a seed. */
function picture() {
  const [width, height, top] = [920, 470, 74];
  const curves = METHODS.flatMap(({ name, color }) => results.filter(({ method }) => method === name).map((of) => ({ color, of, points: of.curve.map(([, x, y]) => ({ x, y })) })));
  const last = Math.max(...results.map(({ virtualSecondsToTarget }) => virtualSecondsToTarget));
  const plot = drawPlot({ width: width - 40, height: height - top - 14 }, 'Accuracy by virtual time', timeAxis(last), percentAxis([0.7, 0.95], 'best accuracy so far'), [
    level(target, `target ${100 * target} %`),
    ...curves.map(({ color, points }) => line(bestSoFar(points), color, 'thin')),
    ...curves.map(({ color, of }) => drop({ x: of.virtualSecondsToTarget, y: target }, '', color)),
  ]);
  let x = 20;
  const legend = METHODS.map(({ label, color }) => {
    const entry = `<path d="M${x} 56h16" style="stroke:var(--${color});stroke-width:3"/><text x="${x + 22}" y="60">${label}</text>`;
    x += 40 + 6.2 * label.length;
    return entry;
  });
  const title = `Accuracy by virtual time: 200 phones, MNIST, ${SEEDS.length} seeds each`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${title}</title><style>${STYLE.trim()} svg{font:12px system-ui,"Segoe UI",Helvetica,Arial,sans-serif}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" style="fill:var(--card);stroke:var(--line)"/>`,
    `<text x="20" y="32" class="note" style="font-size:16px">${title}</text>`, ...legend,
    `<svg x="20" y="${top}" width="${width - 40}" height="${height - top - 14}">${plot}</svg>`, '</svg>', '',
  ].join('\n');
}
