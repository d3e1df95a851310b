/**
 * Prints the errors of the sketches in docs/statistics.md, as its tables have them. Items and values are the same every time.
 *
 *     node scripts/sketch-errors.mjs
 */
import { setUpOrExit } from './setup.mjs';

const SEED = 1;

await setUpOrExit();
const { createRandom } = await import('../dist/shared/random.js');
const { distinctError, distinctRegisters, estimateDistinct } = await import('../dist/shared/statistics/sketches/distinct-sketch.js');
const { frequentItems, sketchItems } = await import('../dist/shared/statistics/sketches/frequent-sketch.js');
const { bucketIndex, quantileOf, quantileSketchSize } = await import('../dist/shared/statistics/sketches/quantile-sketch.js');
const { frequent } = await import('../dist/shared/algorithms/statistics/measures/frequent.js');
const { quantiles } = await import('../dist/shared/algorithms/statistics/measures/quantiles.js');

const percent = (share, digits = 2) => `${(100 * share).toFixed(digits)} %`;
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);
const table = (heads) => {
  row(heads);
  row(heads.map(() => '---'));
};

function* items(from, count) {
  for (let i = from; i < from + count; i++) yield `item ${i}`;
}

/** Root mean square of the relative error, over sets that have no item in common. */
function distinctMeasured(precision, count, sets) {
  let squares = 0;
  for (let set = 0; set < sets; set++) squares += (estimateDistinct(distinctRegisters(items(set * count, count), precision), precision) / count - 1) ** 2;
  return Math.sqrt(squares / sets);
}

console.log('Distinct counts, root mean square of the relative error over a hundred sets (twenty of the largest):\n');
table(['precision', 'bytes', 'stated', '100 values', '5,000', '100,000']);
for (const precision of [8, 10, 12, 14]) {
  row([precision, `${Math.round((4 * 2 ** precision) / 1000)} kB`, percent(distinctError(precision)), ...[[100, 100], [5_000, 100], [100_000, 20]].map(([count, sets]) => percent(distinctMeasured(precision, count, sets)))]);
}

/** The largest relative error of a thousand quantiles, from the least value to the largest. */
function quantilesMeasured(values, layout) {
  const counts = new Float64Array(quantileSketchSize(layout));
  const indexOf = bucketIndex(layout);
  for (const value of values) counts[indexOf(value)]++;
  const sorted = values.toSorted();
  const errors = Array.from({ length: 1000 }, (_, i) => {
    const exact = sorted[Math.floor((i / 999) * (sorted.length - 1))];
    return Math.abs(quantileOf(counts, layout, i / 999) / exact - 1);
  });
  return Math.max(...errors);
}

const random = createRandom(SEED);
const normal = Float64Array.from({ length: 100_000 }, () => 100 + 15 * random.normal());
const logNormal = Float64Array.from({ length: 100_000 }, () => Math.exp(2 * random.normal()));
console.log('\nQuantiles, the largest relative error of a thousand quantiles of 100,000 values:\n');
table(['error', 'buckets', 'normal (100 ± 15)', 'log-normal (σ = 2)']);
for (const error of [0.001, 0.01, 0.05]) {
  const layout = quantiles.setting.parse({ at: [0.5], error });
  row([`${100 * error} %`, quantileSketchSize(layout).toLocaleString('en'), percent(quantilesMeasured(normal, layout), 3), percent(quantilesMeasured(logNormal, layout), 3)]);
}

// Zipf's law: item i occurs 20,000 / i times.
const zipf = new Map(Array.from({ length: 3_000 }, (_, i) => [`word-${i + 1}`, Math.ceil(20_000 / (i + 1))]));
const total = [...zipf.values()].reduce((sum, count) => sum + count, 0);
const layout = frequent.setting.parse({});
const found = frequentItems(sketchItems(zipf, layout), layout);
const heaviest = [...zipf.keys()].slice(0, 10);
const ten = heaviest.filter((word) => found.some(({ value }) => value === word)).length;
const excess = Math.max(...found.map(({ value, count }) => (count - zipf.get(value)) / total));
console.log(`\nFrequent values under Zipf's law, ${zipf.size} different ones: ${ten} of the ten most frequent found (the tenth makes up ${percent(zipf.get(heaviest[9]) / total)}), the largest excess of a count ${percent(excess, 3)} of all (stated: ${percent(Math.E / layout.width, 3)}).`);
