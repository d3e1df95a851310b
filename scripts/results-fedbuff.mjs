/**
 * The table of docs/results-fedbuff.md, from the results that are kept in docs/results/fedbuff.jsonl:
 *
 *     node scripts/results-fedbuff.mjs
 *
 * Runs that have ended in data/simulations/fedbuff are kept there first. With `--run` those that are missing are run before, one
 * worker each (hours, most of them where data differ).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUpOrExit } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const RUNS = join(ROOT, 'data/simulations/fedbuff');
const RESULTS = join(ROOT, 'docs/results/fedbuff.jsonl');
const PAGE = join(ROOT, 'docs/results-fedbuff.md');

/** `beside`: what it is how many times as fast as. */
const ROWS = [
  { name: 'sync', label: 'FedAvg, 10 asked, all waited for', data: 'IID', scenario: 'fedbuff-2nn-sync', seeds: [1, 2, 3] },
  { name: 'sync-over', label: 'FedAvg, 13 asked, 10 waited for', data: 'IID', scenario: 'fedbuff-2nn-sync', set: 'task.round.overSelection=1.3', seeds: [1, 2, 3], beside: 'sync' },
  { name: 'fedbuff-10', label: 'FedBuff, 10 at work', data: 'IID', scenario: 'fedbuff-2nn', set: 'task.algorithm.concurrency=10', seeds: [1, 2, 3], beside: 'sync' },
  { name: 'fedbuff', label: 'FedBuff, 50 at work', data: 'IID', scenario: 'fedbuff-2nn', seeds: [1, 2, 3], beside: 'sync' },
  { name: 'noniid-sync', label: 'FedAvg, 10 asked, all waited for', data: 'two shards', scenario: 'fedbuff-2nn-noniid-sync', seeds: [1] },
  { name: 'noniid', label: 'FedBuff, 50 at work', data: 'two shards', scenario: 'fedbuff-2nn-noniid', seeds: [1], beside: 'noniid-sync' },
];

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false } } });

const runs = ROWS.flatMap((row) => row.seeds.map((seed) => ({ row, seed, folder: join(RUNS, row.name, `seed=${seed}`) })));
if (values.run) {
  await setUpOrExit();
  for (const one of runs) if ((await readRun(one)) === null) run(one);
}
const kept = await keep();
const table = tableOf(kept);
const page = await readFile(PAGE, 'utf8');
await writeFile(PAGE, page.replace(/(<!-- table -->\n)[\s\S]*(<!-- \/table -->)/, (_, begin, end) => `${begin}${table}\n${end}`));
console.log(table);

function run({ row, seed, folder }) {
  console.error(`${row.name}, seed ${seed}`);
  const set = row.set === undefined ? [] : ['--set', row.set];
  const { status } = spawnSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'simulate', row.scenario, '--seed', String(seed), '--workers', '1', '--out', folder, '--fresh', ...set], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** What is kept of a run that has ended: its result, and how stale the reports were. Null: it has not. */
async function readRun({ row, seed, folder }) {
  const text = await readFile(join(folder, 'rounds.jsonl'), 'utf8').catch(() => '');
  const lines = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  const ended = lines.find(({ type }) => type === 'result');
  if (ended?.digest === undefined) return null;
  const result = Object.fromEntries(Object.entries(ended).filter(([key]) => key !== 'type'));
  const stale = lines.flatMap(({ type, staleness }) => (type === 'round' && staleness !== undefined ? [staleness] : []));
  const staleness = stale.length === 0 ? null : { mean: stale.reduce((sum, { mean }) => sum + mean, 0) / stale.length, worst: Math.max(...stale.map(({ worst }) => worst)) };
  return { name: row.name, ...(row.set === undefined ? {} : { set: row.set }), ...result, seed, staleness };
}

async function keep() {
  const before = existsSync(RESULTS) ? (await readFile(RESULTS, 'utf8')).trim().split('\n').map((text) => JSON.parse(text)) : [];
  const all = new Map(before.map((result) => [`${result.name} ${result.seed}`, result]));
  for (const one of runs) {
    const result = await readRun(one);
    if (result !== null) all.set(`${result.name} ${result.seed}`, result);
  }
  const ordered = runs.flatMap(({ row, seed }) => all.get(`${row.name} ${seed}`) ?? []);
  await mkdir(dirname(RESULTS), { recursive: true });
  await writeFile(RESULTS, ordered.map((result) => `${JSON.stringify(result)}\n`).join(''));
  return ordered;
}

function meanAndDeviation(numbers, digits) {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  if (numbers.length < 2) return mean.toFixed(digits);
  const deviation = Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (numbers.length - 1));
  return `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}

function tableOf(results) {
  const of = (name) => results.filter((result) => result.name === name);
  const secondsOf = (name) => of(name).map(({ virtualSecondsToTarget }) => virtualSecondsToTarget);
  const meanOf = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const lines = ROWS.flatMap(({ name, label, data, beside }) => {
    const own = of(name);
    if (own.length === 0) return [];
    const reached = own.every(({ virtualSecondsToTarget }) => virtualSecondsToTarget !== null);
    const stale = own.flatMap(({ staleness }) => (staleness === null ? [] : [staleness]));
    const faster = beside === undefined || !reached || of(beside).length === 0 ? '' : `**${(meanOf(secondsOf(beside)) / meanOf(secondsOf(name))).toFixed(1)}×**`;
    const cells = [
      data, label, own.length, reached ? meanAndDeviation(own.map(({ roundsToTarget }) => roundsToTarget), 1) : 'never', reached ? meanAndDeviation(secondsOf(name), 0) : 'never', faster,
      stale.length === 0 ? '' : `${meanOf(stale.map(({ mean }) => mean)).toFixed(1)}, at most ${Math.max(...stale.map(({ worst }) => worst))}`,
      `${(meanOf(own.map(({ bytesUp, bytesDown }) => bytesUp + bytesDown)) / 2 ** 20).toFixed(0)} MiB`,
    ];
    return [`| ${cells.join(' | ')} |`];
  });
  return ['| data | | seeds | versions to 97 % | virtual seconds to 97 % | faster | versions behind, mean | bytes |', '| --- | --- | --- | --- | --- | --- | --- | --- |', ...lines].join('\n');
}
