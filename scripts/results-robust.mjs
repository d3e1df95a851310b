/**
 * The tables of docs/results-robust.md, from the results that are kept in docs/results/robust.jsonl:
 *
 *     node scripts/results-robust.mjs
 *
 * Runs that have ended in data/simulations/robust are kept there first. With `--run` the others are run, one after the other (nine rules
 * without attackers and against six attacks by a tenth, a fifth and three tenths of the edges: some hours on two quiet cores); what was
 * interrupted begins anew. `--only TEXT` runs those alone whose names hold the text, `--only sign-flip-20` the target's.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUpOrExit } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const RESULTS = join(ROOT, 'docs/results/robust.jsonl');
const PAGE = join(ROOT, 'docs/results-robust.md');
const SEED = 1;

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, only: { type: 'string', default: '' }, workers: { type: 'string' } } });

await setUpOrExit();
const { readRecord } = await import('../dist/simulations/run/read-record.js');
const { ROBUST_ATTACKS, ROBUST_PERCENTS, ROBUST_RULES } = await import('../dist/simulations/scenarios/robust-cells.js');
const ATTACKS = Object.keys(ROBUST_ATTACKS);

const cellOf = (rule, attack, percent) => (percent === 0 ? `robust-${rule}` : `robust-${rule}-${attack}-${percent}`);
const cells = [...new Set(ROBUST_RULES.flatMap((rule) => [cellOf(rule, '', 0), ...ATTACKS.flatMap((attack) => ROBUST_PERCENTS.map((percent) => cellOf(rule, attack, percent)))]))];

for (const cell of cells) {
  if (values.run && cell.includes(values.only) && !(await hasEnded(cell))) run(cell);
  if (await hasEnded(cell)) await keep(cell);
}
const results = new Map((await kept()).map((result) => [result.scenario, result]));
const page = await readFile(PAGE, 'utf8').catch(() => '<!-- table -->\n<!-- /table -->\n');
const written = [target(), ...ATTACKS.map(table)].filter((text) => text !== '').join('\n\n');
await writeFile(PAGE, page.replace(/(<!-- table -->\n)[\s\S]*(<!-- \/table -->)/, (_, begin, end) => `${begin}${written}\n${end}`));
console.log(written);

async function kept() {
  return existsSync(RESULTS) ? (await readFile(RESULTS, 'utf8')).trim().split('\n').map((text) => JSON.parse(text)) : [];
}

function folderOf(cell) {
  return join(ROOT, 'data/simulations/robust', cell);
}

function hasEnded(cell) {
  return readRecord(folderOf(cell)).then(({ result }) => result !== null, () => false);
}

function run(cell) {
  console.error(cell);
  const workers = values.workers === undefined ? [] : ['--workers', values.workers];
  const { status } = spawnSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'simulate', cell, '--seed', String(SEED), '--out', folderOf(cell), '--fresh', ...workers], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

async function keep(cell) {
  const { result, rounds } = await readRecord(folderOf(cell));
  // What does not come again with the same seed, and what all lines are.
  const rest = Object.fromEntries(Object.entries(result).filter(([key]) => key !== 'type' && key !== 'wallSeconds'));
  const curve = rounds.flatMap(({ round, accuracy, attackSuccess }) => (accuracy === null ? [] : [attackSuccess === undefined ? [round, accuracy] : [round, accuracy, Number(attackSuccess.toFixed(4))]]));
  const others = (await kept()).filter(({ scenario }) => scenario !== cell);
  await mkdir(dirname(RESULTS), { recursive: true });
  await writeFile(RESULTS, `${[...others, { ...rest, curve }].sort((a, b) => cells.indexOf(a.scenario) - cells.indexOf(b.scenario)).map((one) => JSON.stringify(one)).join('\n')}\n`);
}

/** Markdown: ten of fifty, flipped and five times as long, beside the clean run of the mean. */
function target() {
  const clean = results.get(cellOf('mean', '', 0));
  if (clean === undefined) return '';
  const rows = ROBUST_RULES.flatMap((rule) => {
    const result = results.get(cellOf(rule, 'sign-flip', 20));
    return result === undefined ? [] : [[rule, percent(result.accuracy), points(result.accuracy - clean.accuracy)]];
  });
  return lines([`flipped five times, 10 of 50; the mean without attackers: ${percent(clean.accuracy)}`, 'accuracy', 'points beside it'], rows);
}

function table(attack) {
  const rows = ROBUST_RULES.flatMap((rule) => {
    const found = [0, ...ROBUST_PERCENTS].map((share) => results.get(cellOf(rule, attack, share)));
    if (found.slice(1).every((result) => result === undefined)) return [];
    return [[rule, ...found.map((result) => (result === undefined ? '' : `${percent(result.accuracy)}${result.attackSuccess === undefined ? '' : ` (${percent(result.attackSuccess)})`}`))]];
  });
  return rows.length === 0 ? '' : lines([attack, ...[0, ...ROBUST_PERCENTS].map((share) => `${share} %`)], rows);
}

function lines(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function percent(value) {
  return value === null ? '–' : `${(100 * value).toFixed(2)} %`;
}

function points(value) {
  return (100 * value).toFixed(2);
}
