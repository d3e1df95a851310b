/**
 * The table of docs/results-fairness.md, from the results that are kept in docs/results/fairness.jsonl:
 *
 *     node scripts/results-fairness.mjs
 *
 * Runs that have ended in data/simulations/fairness are kept there first. With `--run` the others are run, one after the other (two
 * minutes each on one quiet core); what was interrupted goes on.
 */
import { parseArgs } from 'node:util';
import { markdownTable, openBook, percent, readEnded, repeatable, runScenario } from './results/book.mjs';
import { setUpOrExit } from './setup.mjs';

const book = openBook('fairness');
const SEED = 1;
const ROWS = { fedavg: 'FedAvg', q0: 'q-FedAvg, q = 0', q1: 'q-FedAvg, q = 1', q2: 'q-FedAvg, q = 2' };

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false } } });

await setUpOrExit();
for (const name of Object.keys(ROWS)) {
  const folder = book.folderOf(name);
  if (values.run && (await readEnded(folder)) === null) runScenario(`fairness-${name}`, folder, ['--seed', String(SEED), '--workers', '1']);
  const ended = await readEnded(folder);
  if (ended !== null) await keep(name, ended);
}
const results = new Map((await book.read()).map((result) => [result.name, result]));
const written = table();
await book.writeTables(written);
console.log(written);

async function keep(name, { result, rounds }) {
  const judged = rounds.flatMap(({ evaluation }) => (evaluation === undefined ? [] : [evaluation])).map(({ version, shared: { edges, mean, worstDecile, deviation } }) => ({ version, edges, mean, worstDecile, deviation }));
  await book.keep({ name, ...repeatable(result), judged }, (kept) => kept.name === name);
}

/** Markdown: what the last judged version is worth to the edges. */
function table() {
  const rows = Object.entries(ROWS).flatMap(([name, label]) => {
    const last = results.get(name)?.judged.at(-1);
    return last === undefined ? [] : [[label, last.version, last.edges, percent(last.mean), percent(last.worstDecile), percent(last.deviation), (1e4 * last.deviation ** 2).toFixed(1)]];
  });
  return markdownTable(['', 'version', 'edges', 'mean accuracy', 'worst tenth', 'deviation', 'variance, percent²'], rows);
}
