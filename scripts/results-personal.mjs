/**
 * The tables of docs/results-personal.md, from the results that are kept in docs/results/personal.jsonl:
 *
 *     node scripts/results-personal.mjs
 *
 * Runs that have ended in data/simulations/personal are kept there first. With `--run` the others are run, one after the other
 * (seven of them, half a minute to two minutes each on one quiet core); what was interrupted goes on. `--only fedper` runs the cells whose name begins so.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUpOrExit } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const RESULTS = join(ROOT, 'docs/results/personal.jsonl');
const PAGE = join(ROOT, 'docs/results-personal.md');
const SEED = 1;
/** Judged versions whose results are averaged at the end: each is judged by other edges. */
const LAST = 3;

const SKEWS = {
  labels: { head: 'three digits each', rows: { fedavg: 'FedAvg', alone: 'each alone', fedper: 'FedPer', fedrep: 'FedRep', ditto: 'Ditto, λ = 0.5' } },
  noise: { head: 'noise of its own', rows: { fedavg: 'FedAvg', fedbn: 'FedBN' } },
};
/** What the version as it was sent out is worth, of algorithms whose edges keep a part of the model: nothing. */
const PARTIAL = new Set(['fedper', 'fedrep', 'fedbn']);

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, only: { type: 'string', default: '' } } });

await setUpOrExit();
const { readRecord } = await import('../dist/simulations/run/read-record.js');
const { formatBytes } = await import('../dist/shared/format.js');

const cells = Object.entries(SKEWS).flatMap(([skew, { rows }]) => Object.keys(rows).map((name) => ({ name, skew, scenario: `personal-${name}-${skew}` })));
for (const cell of cells.filter(({ name }) => name.startsWith(values.only))) {
  if (values.run && !(await hasEnded(cell))) run(cell);
  if (await hasEnded(cell)) await keep(cell);
}
const results = new Map((await kept()).map((result) => [result.scenario, result]));
const written = Object.keys(SKEWS).map(table).filter((text) => text !== null).join('\n\n');
console.log(written);
const page = await readFile(PAGE, 'utf8').catch(() => '<!-- table -->\n<!-- /table -->\n');
await writeFile(PAGE, page.replace(/(<!-- table -->\n)[\s\S]*(<!-- \/table -->)/, (_, begin, end) => `${begin}${written}\n${end}`));

function folderOf({ scenario }) {
  return join(ROOT, 'data/simulations/personal', scenario);
}

function hasEnded(cell) {
  return readRecord(folderOf(cell)).then(({ result }) => result !== null, () => false);
}

function run(cell) {
  console.error(cell.scenario);
  const { status } = spawnSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'simulate', cell.scenario, '--seed', String(SEED), '--out', folderOf(cell), '--workers', '1'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

async function kept() {
  return existsSync(RESULTS) ? (await readFile(RESULTS, 'utf8')).trim().split('\n').filter(Boolean).map((text) => JSON.parse(text)) : [];
}

async function keep(cell) {
  const { rounds, result } = await readRecord(folderOf(cell));
  const judged = rounds.flatMap(({ evaluation }) => (evaluation === undefined ? [] : [evaluation])).slice(-LAST);
  const mean = (of) => judged.reduce((sum, evaluation) => sum + of(evaluation), 0) / judged.length;
  const line = {
    scenario: cell.scenario, seed: SEED, rounds: result.rounds, versions: judged.map(({ version }) => version), digest: result.digest, bytesUp: result.bytesUp,
    shared: PARTIAL.has(cell.name) ? null : { mean: mean(({ shared }) => shared.mean), worst: mean(({ shared }) => shared.worstDecile) },
    personal: { mean: mean(({ personal }) => personal.mean), worst: mean(({ personal }) => personal.worstDecile), deviation: mean(({ personal }) => personal.deviation) },
  };
  const others = (await kept()).filter(({ scenario }) => scenario !== cell.scenario);
  await mkdir(dirname(RESULTS), { recursive: true });
  await writeFile(RESULTS, [...others, line].map((one) => `${JSON.stringify(one)}\n`).join(''));
}

/** Markdown; null where nothing has been run. */
function table(skew) {
  const { head, rows } = SKEWS[skew];
  const percent = (value) => `${(100 * value).toFixed(1)} %`;
  const lines = Object.entries(rows).flatMap(([name, label]) => {
    const found = results.get(`personal-${name}-${skew}`);
    if (found === undefined) return [];
    const shared = found.shared === null ? '–' : percent(found.shared.mean);
    return [`| ${label} | ${shared} | **${percent(found.personal.mean)}** | ${percent(found.personal.worst)} | ${percent(found.personal.deviation)} | ${formatBytes(found.bytesUp / found.rounds / 20)} |`];
  });
  return lines.length === 0 ? null : [`| ${head} | shared model | own models | worst tenth of those | deviation | a report |`, '| --- | --- | --- | --- | --- | --- |', ...lines].join('\n');
}
