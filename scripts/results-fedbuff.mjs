/**
 * The table of docs/results-fedbuff.md, from the results that are kept in docs/results/fedbuff.jsonl:
 *
 *     node scripts/results-fedbuff.mjs
 *
 * Runs that have ended in data/simulations/fedbuff are kept there first. With `--run` those that are missing are run before, one
 * worker each (hours, most of them where data differ).
 */
import { parseArgs } from 'node:util';
import { markdownTable, openBook, readEnded, repeatable, runScenario } from './results/book.mjs';
import { setUpOrExit } from './setup.mjs';

const book = openBook('fedbuff');

/** `beside`: what it is how many times as fast as. */
const ROWS = [
  { name: 'sync', label: 'FedAvg, 10 asked, all waited for', data: 'IID', scenario: 'fedbuff-2nn-sync', seeds: [1, 2, 3] },
  { name: 'sync-over', label: 'FedAvg, 13 asked, 10 waited for', data: 'IID', scenario: 'fedbuff-2nn-sync', set: 'task.round.overSelection=1.3', seeds: [1, 2, 3], beside: 'sync' },
  { name: 'fedbuff-10', label: 'FedBuff, 10 at work', data: 'IID', scenario: 'fedbuff-2nn', set: 'task.algorithm.concurrency=10', seeds: [1, 2, 3], beside: 'sync' },
  { name: 'fedbuff', label: 'FedBuff, 50 at work', data: 'IID', scenario: 'fedbuff-2nn', seeds: [1, 2, 3], beside: 'sync' },
  { name: 'noniid-sync', label: 'FedAvg, 10 asked, all waited for', data: 'two shards', scenario: 'fedbuff-2nn-noniid-sync', seeds: [1] },
  { name: 'noniid', label: 'FedBuff, 50 at work', data: 'two shards', scenario: 'fedbuff-2nn-noniid', seeds: [1], beside: 'noniid-sync' },
];

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, only: { type: 'string', default: '' } } });

await setUpOrExit();
const { meanAndDeviation } = await import('../dist/simulations/run/mean-and-deviation.js');

const runs = ROWS.flatMap((row) => row.seeds.map((seed) => ({ row, seed, folder: book.folderOf(row.name, `seed=${seed}`) })));
for (const { row, seed, folder } of values.run ? runs.filter(({ row: { name } }) => name.startsWith(values.only)) : []) {
  if ((await readEnded(folder)) === null) runScenario(row.scenario, folder, ['--seed', String(seed), '--workers', '1', '--fresh', ...(row.set === undefined ? [] : ['--set', row.set])]);
}
const table = tableOf(await keep());
await book.writeTables(table);
console.log(table);

/** What is kept of a run that has ended: its result, and how stale the reports were. */
function keptOf({ row, seed }, { result, rounds }) {
  const stale = rounds.flatMap(({ staleness }) => (staleness === undefined ? [] : [staleness]));
  const staleness = stale.length === 0 ? null : { mean: stale.reduce((sum, { mean }) => sum + mean, 0) / stale.length, worst: Math.max(...stale.map(({ worst }) => worst)) };
  return { name: row.name, ...(row.set === undefined ? {} : { set: row.set }), ...repeatable(result), seed, staleness };
}

async function keep() {
  const all = new Map((await book.read()).map((result) => [`${result.name} ${result.seed}`, result]));
  for (const one of runs) {
    const ended = await readEnded(one.folder);
    if (ended !== null) all.set(`${one.row.name} ${one.seed}`, keptOf(one, ended));
  }
  const ordered = runs.flatMap(({ row, seed }) => all.get(`${row.name} ${seed}`) ?? []);
  await book.write(ordered);
  return ordered;
}

/** Mean and sample deviation over the seeds. */
function spread(numbers, digits) {
  const { mean, deviation } = meanAndDeviation(numbers);
  return deviation === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
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
    return [[
      data, label, own.length, reached ? spread(own.map(({ roundsToTarget }) => roundsToTarget), 1) : 'never', reached ? spread(secondsOf(name), 0) : 'never', faster,
      stale.length === 0 ? '' : `${meanOf(stale.map(({ mean }) => mean)).toFixed(1)}, at most ${Math.max(...stale.map(({ worst }) => worst))}`,
      `${(meanOf(own.map(({ bytesUp, bytesDown }) => bytesUp + bytesDown)) / 2 ** 20).toFixed(0)} MiB`,
    ]];
  });
  return markdownTable(['data', '', 'seeds', 'versions to 97 %', 'virtual seconds to 97 %', 'faster', 'versions behind, mean', 'bytes'], lines);
}
