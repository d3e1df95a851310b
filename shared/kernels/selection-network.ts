/**
 * Sorting networks: lists of comparisons that are the same whatever the values, so that many columns can take them together.
 * Merge exchange (Batcher 1968, "Sorting networks and their applications"; Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M).
 */

/** Each comparison leaves the smaller value in the lower row: [lower, upper, lower, upper, …]. */
export type Network = Uint32Array;

/** All comparisons that sort `count` rows: about count · log²(count) / 4 of them. */
function mergeExchange(count: number): number[] {
  const pairs: number[] = [];
  const top = 2 ** Math.max(0, Math.ceil(Math.log2(count)) - 1);
  for (let p = top; p >= 1; p /= 2) {
    let [q, wanted, distance] = [top, 0, p];
    for (;;) {
      for (let i = 0; i < count - distance; i++) if ((i & p) === wanted) pairs.push(i, i + distance);
      if (q === p) break;
      distance = q - p;
      q /= 2;
      wanted = p;
    }
  }
  return pairs;
}

/**
 * Brings the rows of the ranks first … last, both included and counted from the lowest, to where they belong. Comparisons of which
 * no such rank hears are left out: for a median, one in five.
 */
export function selectionNetwork(count: number, first = 0, last = count - 1): Network {
  const pairs = mergeExchange(count);
  const heard = new Uint8Array(count).fill(1, first, last + 1);
  const kept: number[] = [];
  for (let at = pairs.length - 2; at >= 0; at -= 2) {
    const [lower, upper] = [pairs[at], pairs[at + 1]];
    if (heard[lower] + heard[upper] === 0) continue;
    heard[lower] = 1;
    heard[upper] = 1;
    kept.push(upper, lower);
  }
  return Uint32Array.from(kept.reverse());
}
