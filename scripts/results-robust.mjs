/**
 * The tables of docs/results-robust.md, from the results that are kept in docs/results/robust.jsonl:
 *
 *     node scripts/results-robust.mjs
 *
 * Runs that have ended in data/simulations/robust are kept there first. With `--run` the others are run, one after the other (nine rules
 * without attackers and against six attacks by a tenth, a fifth and three tenths of the edges: some hours on two quiet cores); what was
 * interrupted begins anew. `--only TEXT` runs those alone whose names hold the text, `--only sign-flip-20` the target's.
 */
import { parseArgs } from 'node:util';
import { markdownTable, openBook, percent, readEnded, repeatable, runScenario } from './results/book.mjs';
import { setUpOrExit } from './setup.mjs';

const SEED = 1;
const book = openBook('robust');

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, only: { type: 'string', default: '' }, workers: { type: 'string' } } });

await setUpOrExit();
const { ROBUST_ATTACKS, ROBUST_PERCENTS, ROBUST_RULES } = await import('../dist/simulations/scenarios/robust-cells.js');
const ATTACKS = Object.keys(ROBUST_ATTACKS);

const cellOf = (rule, attack, share) => (share === 0 ? `robust-${rule}` : `robust-${rule}-${attack}-${share}`);
const cells = [...new Set(ROBUST_RULES.flatMap((rule) => [cellOf(rule, '', 0), ...ATTACKS.flatMap((attack) => ROBUST_PERCENTS.map((share) => cellOf(rule, attack, share)))]))];

for (const cell of cells) {
  if (values.run && cell.includes(values.only) && (await readEnded(book.folderOf(cell))) === null) {
    runScenario(cell, book.folderOf(cell), ['--seed', String(SEED), '--fresh', ...(values.workers === undefined ? [] : ['--workers', values.workers])]);
  }
  const ended = await readEnded(book.folderOf(cell));
  if (ended !== null) await keep(cell, ended);
}
const results = new Map((await book.read()).map((result) => [result.scenario, result]));
const written = [target(), ...ATTACKS.map(table)].filter((text) => text !== '').join('\n\n');
await book.writeTables(written);
console.log(written);

async function keep(cell, { result, rounds }) {
  const curve = rounds.flatMap(({ round, accuracy, attackSuccess }) => (accuracy === null ? [] : [attackSuccess === undefined ? [round, accuracy] : [round, accuracy, Number(attackSuccess.toFixed(4))]]));
  await book.keep({ ...repeatable(result), curve }, ({ scenario }) => scenario === cell);
  await book.write((await book.read()).sort((a, b) => cells.indexOf(a.scenario) - cells.indexOf(b.scenario)));
}

/** Markdown: ten of fifty, flipped and five times as long, beside the clean run of the mean. */
function target() {
  const clean = results.get(cellOf('mean', '', 0));
  if (clean === undefined) return '';
  const rows = ROBUST_RULES.flatMap((rule) => {
    const result = results.get(cellOf(rule, 'sign-flip', 20));
    return result === undefined ? [] : [[rule, percent(result.accuracy), points(result.accuracy - clean.accuracy)]];
  });
  return markdownTable([`flipped five times, 10 of 50; the mean without attackers: ${percent(clean.accuracy)}`, 'accuracy', 'points beside it'], rows);
}

function table(attack) {
  const rows = ROBUST_RULES.flatMap((rule) => {
    const found = [0, ...ROBUST_PERCENTS].map((share) => results.get(cellOf(rule, attack, share)));
    if (found.slice(1).every((result) => result === undefined)) return [];
    return [[rule, ...found.map((result) => (result === undefined ? '' : `${percent(result.accuracy)}${result.attackSuccess === undefined ? '' : ` (${percent(result.attackSuccess)})`}`))]];
  });
  return rows.length === 0 ? '' : markdownTable([attack, ...[0, ...ROBUST_PERCENTS].map((share) => `${share} %`)], rows);
}

function points(value) {
  return (100 * value).toFixed(2);
}
