/** The names of cases, taken apart for their plots. */

const UNITS = { '': 1, k: 1e3, M: 1e6 };

/** `100k` → 100,000; NaN for what is no number. */
export function countOf(text) {
  const match = /^(\d+)([kM]?)$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2]] : NaN;
}

/** 100,000 → `100k`. */
export function shortCount(count) {
  if (count >= 1e6) return `${count / 1e6}M`;
  return count >= 1e3 ? `${count / 1e3}k` : String(count);
}

/** `8x1M float32` → { count: 8, size: 1,000,000, kind: 'float32' }, `100x1M float32 median` → { …, kind: 'float32 median' }. */
export function shapeOf(name) {
  const [shape, ...kind] = name.split(' ');
  const [count, size] = shape.split('x').map(countOf);
  return { count, size, kind: kind.join(' ') };
}

/** Three digits that count. */
export const short = (value) => Number(value.toPrecision(3)).toLocaleString('en-GB');
