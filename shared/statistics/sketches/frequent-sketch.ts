/**
 * Which items are most frequent, when nobody knows beforehand what items there are: three vectors that merge by adding.
 *
 * `counts` and `edges` are count-min sketches (Cormode, Muthukrishnan 2005, "An improved data stream summary"): how often an item
 * occurs, and at how many edges. `bits` tells the items themselves: each cell counts what falls into it, and for each bit of an
 * item's bytes how much of that has it set; where one item makes up more than half of a cell, the majorities spell it (Cormode,
 * Muthukrishnan 2005, "What's hot and what's not", group testing).
 *
 * An estimate is never too small, and too large by more than e / width of all values with probability e^−depth at most.
 */
import { murmur3 } from './hash64.ts';

export interface FrequentLayout {
  /** Of an item's UTF-8; items that begin with the same so many bytes count as one. */
  readonly bytes: number;
  /** Cells in a row of `counts` and `edges`. */
  readonly width: number;
  /** Cells in a row of `bits`: what makes up more than about 2 / spelling of all values is found. */
  readonly spelling: number;
}

/** Rows of `counts` and `edges`, and of `bits`. */
export const ROWS = 4;
export const SPELLING_ROWS = 3;

export interface FrequentSketch {
  readonly counts: ArrayLike<number>;
  readonly edges: ArrayLike<number>;
  readonly bits: ArrayLike<number>;
}

export const frequentSizes = ({ bytes, width, spelling }: FrequentLayout): Readonly<Record<keyof FrequentSketch, number>> => ({
  counts: ROWS * width, edges: ROWS * width, bits: SPELLING_ROWS * spelling * (1 + 8 * bytes),
});

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** One edge's sketch of its items and their counts. */
export function sketchItems(items: ReadonlyMap<string, number>, layout: FrequentLayout): Readonly<Record<keyof FrequentSketch, Float64Array>> {
  const sizes = frequentSizes(layout);
  const [counts, edges, bits] = [new Float64Array(sizes.counts), new Float64Array(sizes.edges), new Float64Array(sizes.bits)];
  const cellSize = 1 + 8 * layout.bytes;
  for (const [item, count] of items) {
    const spelled = spell(item, layout.bytes);
    for (let row = 0; row < ROWS; row++) {
      const cell = cellOf(spelled, row, layout.width);
      counts[cell] += count;
      edges[cell] = 1;
    }
    for (let row = 0; row < SPELLING_ROWS; row++) {
      const at = cellOf(spelled, ROWS + row, layout.spelling, row) * cellSize;
      bits[at] += count;
      for (let bit = 0; bit < 8 * layout.bytes; bit++) if (spelled[bit >> 3] & (1 << (bit & 7))) bits[at + 1 + bit] += count;
    }
  }
  return { counts, edges, bits };
}

export interface FrequentItem {
  /** Cut behind the layout's bytes; such a one ends in an ellipsis. */
  readonly value: string;
  /** At least as many as there are. */
  readonly count: number;
  /** At how many edges, at the most. */
  readonly edges: number;
}

/** The items that can be spelled, the most frequent first; those that look as if they came by chance are left out. */
export function frequentItems(sketch: FrequentSketch, layout: FrequentLayout): FrequentItem[] {
  const cellSize = 1 + 8 * layout.bytes;
  const found = new Map<string, FrequentItem>();
  for (let row = 0; row < SPELLING_ROWS; row++) {
    for (let cell = 0; cell < layout.spelling; cell++) {
      const at = (row * layout.spelling + cell) * cellSize;
      if (sketch.bits[at] === 0) continue;
      const spelled = new Uint8Array(layout.bytes);
      for (let bit = 0; bit < 8 * layout.bytes; bit++) if (2 * sketch.bits[at + 1 + bit] > sketch.bits[at]) spelled[bit >> 3] |= 1 << (bit & 7);
      // Majorities of a mixture spell what nobody wrote: that would fall into another cell, or is in none of the others.
      if (cellOf(spelled, ROWS + row, layout.spelling, row) !== row * layout.spelling + cell) continue;
      const value = readSpelled(spelled);
      const count = leastOf(sketch.counts, spelled, layout.width);
      if (value !== null && count > 0) found.set(value, { value, count, edges: leastOf(sketch.edges, spelled, layout.width) });
    }
  }
  return [...found.values()].sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

/** Behind an item's bytes there can be an ellipsis. */
const MOST_TOLD = ({ bytes }: FrequentLayout): number => bytes + 3;

/** Items as numbers that can be stored in place of the sketch, which would tell of all others: count, edges, length, bytes of each. */
export function packItems(items: readonly FrequentItem[], layout: FrequentLayout): Float64Array {
  const size = 3 + MOST_TOLD(layout);
  const packed = new Float64Array(items.length * size);
  items.forEach(({ value, count, edges }, i) => {
    const told = encoder.encode(value);
    packed.set([count, edges, told.length, ...told], i * size);
  });
  return packed;
}

export function unpackItems(packed: ArrayLike<number>, layout: FrequentLayout): FrequentItem[] {
  const size = 3 + MOST_TOLD(layout);
  return Array.from({ length: packed.length / size }, (_, i) => {
    const [count, edges, length] = [packed[i * size], packed[i * size + 1], packed[i * size + 2]];
    return { value: decoder.decode(Uint8Array.from({ length }, (_unused, at) => packed[i * size + 3 + at])), count, edges };
  });
}

/** The probability that an item of fewer than `least` edges shares all of its cells with others, so that it seems to have that many. */
export function disguiseProbability(edges: ArrayLike<number>, width: number, least: number): number {
  let probability = 1;
  for (let row = 0; row < ROWS; row++) {
    let full = 0;
    for (let i = row * width; i < (row + 1) * width; i++) full += edges[i] >= least ? 1 : 0;
    probability *= full / width;
  }
  return probability;
}

function leastOf(cells: ArrayLike<number>, spelled: Uint8Array, width: number): number {
  let least = Infinity;
  for (let row = 0; row < ROWS; row++) least = Math.min(least, cells[cellOf(spelled, row, width)]);
  return least;
}

/** @param seed one for each row of either kind. @param row where the row begins among its kind's cells; the seed's own where left out */
const cellOf = (spelled: Uint8Array, seed: number, width: number, row = seed): number => row * width + (murmur3(spelled, 0x5bd1e995 + seed) % width);

/** The first bytes of an item; zeros behind it. */
function spell(item: string, bytes: number): Uint8Array {
  const spelled = new Uint8Array(bytes);
  encoder.encodeInto(item, spelled);
  const all = encoder.encode(item);
  // A character that does not fit is cut in two: then the item counts as its beginning.
  if (all.length > bytes) spelled.set(all.subarray(0, bytes));
  return spelled;
}

/** null: no text. */
function readSpelled(spelled: Uint8Array): string | null {
  const end = spelled.indexOf(0);
  if (end >= 0 && spelled.subarray(end).some((byte) => byte !== 0)) return null;
  if (end >= 0) return decoded(spelled.subarray(0, end));
  // The last character may have been cut.
  for (let cut = 0; cut < 4; cut++) {
    const text = decoded(spelled.subarray(0, spelled.length - cut));
    if (text !== null) return `${text}…`;
  }
  return null;
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
