/** The tables of docs/benchmarks.md: what stands between its markers is written anew from the stored runs. */

const BETWEEN = /(<!-- figures: (\w+) -->\n)[\s\S]*?(<!-- end of figures -->)/g;

/** As Node's and the benchmarks' own output: four digits that count. */
const number = (value) => (Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-GB') : String(Number(value.toPrecision(3))));

/** Rows of `| case | metric | … |`, in the order in which they were measured. */
function tableOf(figures, begin) {
  const rows = figures.map(({ case: name, metric, unit, ours, baseline, smallerIsBetter }) => {
    const ratio = baseline === null || ours.median === 0 ? '' : `${number(smallerIsBetter ? baseline.median / ours.median : ours.median / baseline.median)}×`;
    return `| ${name} | ${metric} | ${number(ours.median)} ${unit} | ${number(ours.lowerQuartile)} … ${number(ours.upperQuartile)} | ${ours.samples} | ${baseline === null ? '' : `${number(baseline.median)} ${unit}`} | ${ratio} |`;
  });
  const { machine, at } = begin;
  return [
    `${at.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, load ${machine.load} when it began, Node ${machine.node} on ${machine.platform}, a synced write in ${machine.syncMs} ms.`,
    '',
    '<details>',
    '<summary>Every figure</summary>',
    '',
    '| case | metric | median | quartiles | samples | baseline | ratio |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    '</details>',
    '',
  ].join('\n');
}

/**
 * @param {string} page its Markdown
 * @param {readonly object[]} figures with spreads
 * @param {readonly { bench: string, at: string, machine: object }[]} begins
 */
export function withTables(page, figures, begins) {
  return page.replace(BETWEEN, (whole, head, bench, end) => {
    const begin = begins.find((one) => one.bench === bench);
    return begin === undefined ? whole : `${head}\n${tableOf(figures.filter((figure) => figure.bench === bench), begin)}\n${end}`;
  });
}
