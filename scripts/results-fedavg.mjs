/**
 * The tables of docs/results-fedavg.md, from the results that are kept in docs/results/fedavg.jsonl: rounds to the target,
 * mean and sample deviation over the seeds, for each learning rate.
 *
 *     node scripts/results-fedavg.mjs
 *     node scripts/results-fedavg.mjs --from FOLDER     takes the runs of a sweep into the results first
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const RESULTS = fileURLToPath(new URL('../docs/results/fedavg.jsonl', import.meta.url));
/** McMahan et al. 2017, table 1, C = 0.1. */
const PAPER = { 'fedavg-2nn-iid': 87, 'fedavg-2nn-noniid': 664, 'fedavg-cnn-iid': 18, 'fedavg-cnn-noniid': 206, 'fedsgd-2nn-iid': 1474 };

const { values } = parseArgs({ options: { from: { type: 'string', multiple: true } } });
const linesOf = (path) => readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const keyOf = ({ scenario, learningRate, seed }) => `${scenario} ${learningRate} ${seed}`;

const results = new Map((existsSync(RESULTS) ? linesOf(RESULTS) : []).map((result) => [keyOf(result), result]));
for (const folder of values.from ?? []) {
  for (const name of readdirSync(folder)) {
    const record = join(folder, name, 'rounds.jsonl');
    if (!existsSync(record)) continue;
    const { type, ...result } = linesOf(record).at(-1);
    if (type !== 'result') continue;
    // What does not come again with the same seed.
    delete result.wallSeconds;
    const { algorithm } = JSON.parse(readFileSync(join(folder, name, 'scenario.json'), 'utf8')).scenario.task;
    const kept = { ...result, learningRate: algorithm.learningRate ?? algorithm.server.learningRate };
    results.set(keyOf(kept), kept);
  }
}
const sorted = [...results.values()].sort((a, b) => a.scenario.localeCompare(b.scenario) || a.learningRate - b.learningRate || a.seed - b.seed);
if (values.from) writeFileSync(RESULTS, `${sorted.map((result) => JSON.stringify(result)).join('\n')}\n`);

const groups = grouped(sorted);
console.log('| scenario | learning rate | seeds | rounds to the target | the paper |\n| --- | --- | --- | --- | --- |');
for (const group of groups.values()) {
  const [{ scenario, learningRate }] = group;
  const rounds = group.flatMap(({ roundsToTarget }) => (roundsToTarget === null || roundsToTarget === undefined ? [] : [roundsToTarget]));
  const mean = rounds.reduce((sum, value) => sum + value, 0) / rounds.length;
  const deviation = Math.sqrt(rounds.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (rounds.length - 1));
  const shown = rounds.length === 0 ? 'not reached' : `${mean.toFixed(1)}${rounds.length > 1 ? ` ± ${deviation.toFixed(1)}` : ''}`;
  console.log(`| \`${scenario}\` | ${learningRate} | ${group.length} | ${shown} | ${PAPER[scenario] ?? ''} |`);
}

function grouped(items) {
  const map = new Map();
  for (const item of items) map.set(`${item.scenario} ${item.learningRate}`, [...(map.get(`${item.scenario} ${item.learningRate}`) ?? []), item]);
  return map;
}
