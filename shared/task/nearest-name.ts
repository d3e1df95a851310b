/** Which of some names was probably meant by one that is none of them. */

/** One slip, or one in three letters: what is further away was hardly meant. */
export function nearestOf(given: string, names: readonly string[]): string | null {
  const bare = (name: string): string => name.toLowerCase().replace(/[-_]/g, '');
  let nearest: string | null = null;
  let least = Math.max(1, Math.floor(bare(given).length / 3)) + 1;
  for (const name of names) {
    const slips = slipsBetween(bare(given), bare(name));
    if (slips >= least) continue;
    least = slips;
    nearest = name;
  }
  return nearest;
}

/** Letters left out, put in, changed, or swapped with their neighbour: the optimal string alignment distance. */
function slipsBetween(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2] + 1 : Infinity;
      row.push(Math.min(last[j] + 1, row[j - 1] + 1, changed, swapped));
    }
    before = last;
    last = row;
  }
  return last[b.length];
}

/** To be put behind a refusal that names what there is: `; did you mean median?`, or nothing. */
export function meantBy(given: unknown, names: readonly string[]): string {
  const meant = typeof given === 'string' ? nearestOf(given, names) : null;
  return meant === null ? '' : `; did you mean ${meant}?`;
}
