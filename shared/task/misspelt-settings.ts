/** A setting that there is not, and which one was probably meant. */
import type { z } from 'zod';
import { nearestOf } from './nearest-name.ts';
import { sayWhatIsWrong } from './wrong-values.ts';

const NO_SUCH_SETTING = 'there is no such setting';

/** To be given to `safeParse`: the schema that refuses a key is known there, and no longer in the issue that it leaves. */
export const SUGGESTING: z.core.ParseContext<z.core.$ZodIssue> = {
  error(issue) {
    if (issue.code !== 'unrecognized_keys') return sayWhatIsWrong(issue);
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
