import { expect, it } from 'vitest';
import { withTables } from '../../scripts/plots/tables.mjs';

const machine = { cpu: 'a processor', cores: 2, load: 0.1, node: '20.20.0', platform: 'linux x64', syncMs: 0.3 };
const spread = (median: number) => ({ samples: 5, median, lowerQuartile: median - 1, upperQuartile: median + 1 });
const time = { bench: 'train', case: '2nn wasm b10', metric: 'time', unit: 'ms', smallerIsBetter: true, ours: spread(2), baseline: spread(5) };
const reports = { bench: 'train', case: '2nn wasm b10', metric: 'steps', unit: '1/s', smallerIsBetter: false, ours: spread(12_345), baseline: spread(10_000) };
const left = { bench: 'train', case: '2nn wasm b10', metric: 'tensors-left', unit: 'tensors', smallerIsBetter: true, ours: spread(0), baseline: null };

it('the figures between a page’s markers are written anew, and nothing else', () => {
  const page = 'before\n<!-- figures: train -->\nold\n<!-- end of figures -->\nbetween\n<!-- figures: wire -->\nkept\n<!-- end of figures -->\nafter';
  const written = withTables(page, [time, reports, left, { ...time, bench: 'round' }], [{ bench: 'train', at: '2026-01-02T03:04:05.000Z', machine }]);
  expect(written.split('\n').filter((line) => line !== '')).toEqual([
    'before', '<!-- figures: train -->',
    '2026-01-02, a processor, 2 cores, load 0.1 when it began, Node 20.20.0 on linux x64, a synced write in 0.3 ms.',
    '<details>', '<summary>Every figure</summary>',
    '| case | metric | median | quartiles | samples | baseline | ratio |', '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    '| 2nn wasm b10 | time | 2 ms | 1 … 3 | 5 | 5 ms | 2.5× |',
    '| 2nn wasm b10 | steps | 12,345 1/s | 12,344 … 12,346 | 5 | 10,000 1/s | 1.23× |',
    '| 2nn wasm b10 | tensors-left | 0 tensors | -1 … 1 | 5 |  |  |',
    '</details>',
    '<!-- end of figures -->', 'between', '<!-- figures: wire -->', 'kept', '<!-- end of figures -->', 'after',
  ]);
  expect(withTables(written, [time, reports, left], [{ bench: 'train', at: '2026-01-02T03:04:05.000Z', machine }])).toBe(written);
});
