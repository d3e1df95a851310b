/** A setting that there is not, and which one was probably meant. */
import type { z } from 'zod';

const NO_SUCH_SETTING = 'there is no such setting';

/** To be given to `safeParse`: the schema that refuses a key is known there, and no longer in the issue that it leaves. */
export const SUGGESTING: z.core.ParseContext<z.core.$ZodIssue> = {
  error(issue) {
    if (issue.code !== 'unrecognized_keys') return undefined;
    const known = Object.keys((issue.inst as Partial<z.core.$ZodObject> | undefined)?._zod?.def.shape ?? {});
    return issue.keys.map((key) => {
      const meant = nearestOf(key, known);
      return meant === null ? NO_SUCH_SETTING : `${NO_SUCH_SETTING}; did you mean ${meant}?`;
    }).join('\n');
  },
};

/** For each of the issue's keys what is to be said of it; without a guess where it was not parsed with `SUGGESTING`. */
export function unknownSettings({ keys, message }: z.core.$ZodIssueUnrecognizedKeys): readonly { readonly key: string; readonly message: string }[] {
  const lines = message.startsWith(NO_SUCH_SETTING) ? message.split('\n') : [];
  return keys.map((key, i) => ({ key, message: lines[i] ?? NO_SUCH_SETTING }));
}

/** One slip, or one in three letters: what is further away was hardly meant. */
function nearestOf(given: string, names: readonly string[]): string | null {
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
