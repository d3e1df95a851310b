/**
 * The tables of docs/results-personal.md, from the results that are kept in docs/results/personal.jsonl:
 *
 *     node scripts/results-personal.mjs
 *
 * Runs that have ended in data/simulations/personal are kept there first. With `--run` the others are run, one after the other
 * (seven of them, half a minute to two minutes each on one quiet core); what was interrupted goes on. `--only fedper` runs the cells whose name begins so.
 */
import { parseArgs } from 'node:util';
import { markdownTable, openBook, percent, readEnded, runScenario } from './results/book.mjs';
import { setUpOrExit } from './setup.mjs';

const book = openBook('personal');
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
const { formatBytes } = await import('../dist/shared/format.js');

const cells = Object.entries(SKEWS).flatMap(([skew, { rows }]) => Object.keys(rows).map((name) => ({ name, scenario: `personal-${name}-${skew}` })));
for (const cell of cells.filter(({ name }) => name.startsWith(values.only))) {
  const folder = book.folderOf(cell.scenario);
  if (values.run && (await readEnded(folder)) === null) runScenario(cell.scenario, folder, ['--seed', String(SEED), '--workers', '1']);
  const ended = await readEnded(folder);
  if (ended !== null) await keep(cell, ended);
}
const results = new Map((await book.read()).map((result) => [result.scenario, result]));
const written = Object.keys(SKEWS).map(table).filter((text) => text !== null).join('\n\n');
console.log(written);
await book.writeTables(written);

async function keep(cell, { rounds, result }) {
  const judged = rounds.flatMap(({ evaluation }) => (evaluation === undefined ? [] : [evaluation])).slice(-LAST);
  const mean = (of) => judged.reduce((sum, evaluation) => sum + of(evaluation), 0) / judged.length;
  const line = {
    scenario: cell.scenario, seed: SEED, rounds: result.rounds, versions: judged.map(({ version }) => version), digest: result.digest, bytesUp: result.bytesUp,
    shared: PARTIAL.has(cell.name) ? null : { mean: mean(({ shared }) => shared.mean), worst: mean(({ shared }) => shared.worstDecile) },
    personal: { mean: mean(({ personal }) => personal.mean), worst: mean(({ personal }) => personal.worstDecile), deviation: mean(({ personal }) => personal.deviation) },
  };
  await book.keep(line, ({ scenario }) => scenario === cell.scenario);
}

/** Markdown; null where nothing has been run. */
function table(skew) {
  const { head, rows } = SKEWS[skew];
  const share = (value) => percent(value, 1);
  const lines = Object.entries(rows).flatMap(([name, label]) => {
    const found = results.get(`personal-${name}-${skew}`);
    if (found === undefined) return [];
    const shared = share(found.shared?.mean);
    return [[label, shared, `**${share(found.personal.mean)}**`, share(found.personal.worst), share(found.personal.deviation), formatBytes(found.bytesUp / found.rounds / 20)]];
  });
  return lines.length === 0 ? null : markdownTable([head, 'shared model', 'own models', 'worst tenth of those', 'deviation', 'a report'], lines);
}
