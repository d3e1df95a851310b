/**
 * The tables of docs/results-trouble.md, from the results that are kept in docs/results/trouble.jsonl:
 *
 *     node scripts/results-trouble.mjs
 *
 * With `--run` the runs that are not kept yet are run, one after the other on one worker (a few seconds of processor time each);
 * with `--anew` all of them.
 */
import { parseArgs } from 'node:util';
import { markdownTable, openBook, percent } from './results/book.mjs';
import { setUpOrExit } from './setup.mjs';

const book = openBook('trouble');
/** Thresholds were tuned on another one: 101. */
const SEEDS = [1, 2, 3];

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false }, anew: { type: 'boolean', default: false } } });

await setUpOrExit();
const { parseScenario } = await import('../dist/simulations/scenario/scenario.js');
const { simulate } = await import('../dist/simulations/run/simulate.js');
const { TROUBLE_CELLS } = await import('../dist/simulations/troubles/cells.js');
const { troubledEdges } = await import('../dist/simulations/troubles/scenario-troubles.js');
const { READINGS } = await import('../dist/server/diagnosis/registry.js');

let results = values.anew ? [] : await book.read();
for (const seed of SEEDS) {
  for (const cell of TROUBLE_CELLS) {
    if (results.some((one) => one.cell === cell.name && one.seed === seed) || !(values.run || values.anew)) continue;
    results = [...results, await measure(cell, seed)];
    await book.write(results);
  }
}
const written = [byReading(), byCell()].join('\n\n');
await book.writeTables(written);
console.log(written);
process.exit(0);

/** What stood at any round's end, by reading: the first round, and the edges; and how often those took part that are in trouble. */
async function measure(cell, seed) {
  console.error(`${cell.name}, seed ${seed}`);
  const scenario = parseScenario(cell.scenario);
  const found = {};
  const parts = new Map();
  const { accuracy } = await simulate(scenario, {
    seed, workers: 1, full: true,
    onLine(line) {
      if (line.type !== 'round') return;
      for (const edge of line.selectedEdges) parts.set(edge, (parts.get(edge) ?? 0) + 1);
      for (const { reading, edges } of line.findings ?? []) {
        found[reading] ??= { round: line.round, edges: [] };
        found[reading].edges = [...new Set([...found[reading].edges, ...edges])].sort((a, b) => a - b);
      }
    },
  });
  const troubled = cell.whose === null ? [] : troubledEdges(scenario.troubles, scenario.edges, seed)[cell.whose];
  return { cell: cell.name, seed, accuracy, found, troubled, parts: troubled.map((edge) => parts.get(edge) ?? 0) };
}

function share(some, all) {
  return all === 0 ? '–' : `${some} of ${all}`;
}

/**
 * Of each reading: what it found that is there, of what there is to find, and of what it found. Of readings of edges, edges of a
 * run count; of the others, runs. An edge that is in trouble of another kind than the reading's is rightly named, too.
 */
function byReading() {
  const rows = READINGS.flatMap(({ name }) => {
    const cells = TROUBLE_CELLS.filter(({ finds }) => finds.includes(name));
    const ofEdges = cells.some(({ whose }) => whose !== null) || name.startsWith('edge-');
    const counts = { right: 0, found: 0, there: 0, rightThere: 0, rounds: [] };
    for (const { cell, found, troubled } of results) {
      const own = found[name];
      const meant = cells.some((one) => one.name === cell);
      if (ofEdges) {
        const named = own?.edges ?? [];
        counts.found += named.length;
        counts.right += named.filter((edge) => troubled.includes(edge)).length;
        if (meant) counts.there += troubled.length;
        if (meant) counts.rightThere += named.filter((edge) => troubled.includes(edge)).length;
      } else {
        counts.found += own === undefined ? 0 : 1;
        counts.right += own !== undefined && meant ? 1 : 0;
        if (meant) counts.there++;
        counts.rightThere += own !== undefined && meant ? 1 : 0;
      }
      if (meant && own !== undefined) counts.rounds.push(own.round);
    }
    if (cells.length === 0 && counts.found === 0) return [];
    const first = counts.rounds.sort((a, b) => a - b);
    return [[`\`${name}\``, ofEdges ? 'edges' : 'runs', share(counts.right, counts.found), share(counts.rightThere, counts.there), first.length === 0 ? '–' : String(first[first.length >> 1])]];
  });
  return markdownTable(['reading', 'counted in', 'right of what it found (precision)', 'found of what was there (recall)', 'first found in round (median)'], rows);
}

function byCell() {
  const rows = TROUBLE_CELLS.flatMap(({ name, label, finds }) => {
    const own = results.filter(({ cell }) => cell === name);
    if (own.length === 0) return [];
    const told = [...new Set(own.flatMap(({ found }) => Object.keys(found)))].map((reading) => {
      const runs = own.filter(({ found }) => found[reading] !== undefined);
      const named = runs.flatMap(({ found, troubled }) => found[reading].edges.map((edge) => troubled.includes(edge)));
      const edges = named.length === 0 ? '' : `, ${named.filter(Boolean).length} edges${named.every(Boolean) ? '' : ` and ${named.filter((right) => !right).length} that are sound`}`;
      return `${finds.includes(reading) ? '' : '*'}\`${reading}\`${finds.includes(reading) ? '' : '*'} (${runs.length} of ${own.length} runs${edges})`;
    });
    const accuracies = own.map(({ accuracy }) => accuracy);
    const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length;
    return [[label, percent(mean, 1), told.join('; ') || 'nothing']];
  });
  return markdownTable(['what is wrong', 'accuracy after 25 rounds', 'what was pointed out (in italics: not what was injected)'], rows);
}
