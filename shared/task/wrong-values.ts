/** What is wrong with the value of a setting, in the words in which a CSV's values are refused: what was found, and what was expected. */
import type { z } from 'zod';
import { meantBy } from './nearest-name.ts';

type RawIssue = z.core.$ZodRawIssue<z.core.$ZodIssue>;

/** Of names to choose from, so many are listed. */
const MOST_LISTED = 40;
/** Of a text that was found, so many characters are repeated. */
const MOST_REPEATED = 60;

/** The sentence for an issue; undefined where Zod's own will do. Keys that there are not are another subject: `misspelt-settings.ts`. */
export function sayWhatIsWrong(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `found ${described(issue.input)}, expected ${KINDS[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return `found ${amountOf(issue)}, expected ${issue.inclusive === false ? 'more than' : 'at least'} ${counted(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `found ${amountOf(issue)}, expected ${issue.inclusive === false ? 'less than' : 'at most'} ${counted(issue.maximum, issue.origin)}`;
    case 'invalid_value':
      return notAmong(issue.input, issue.values);
    case 'invalid_union': {
      // Kinds told apart by a name (`rule`, `schedule`): the issue stands at the name, and its input is the whole.
      const { discriminator, options, input } = issue;
      if (discriminator === undefined || options === undefined || typeof input !== 'object' || input === null) return undefined;
      return notAmong((input as Record<string, unknown>)[discriminator], options as readonly z.core.util.Primitive[]);
    }
    default:
      return undefined;
  }
}

/** What was found is not among the names; the nearest one where it was probably meant. */
function notAmong(found: unknown, values: readonly z.core.util.Primitive[]): string {
  const names = values.map(String);
  const listed = names.length > MOST_LISTED ? `${names.slice(0, MOST_LISTED).join(', ')}, …` : names.join(', ');
  return `found ${described(found)}, expected ${names.length === 1 ? listed : `one of ${listed}`}${meantBy(found, names)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number', int: 'a whole number', string: 'a text', boolean: 'true or false', array: 'a list', object: 'an object', record: 'an object', null: 'null',
};

function described(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  // A document from code may hold what JSON has not: NaN, Infinity, a bigint.
  const text = typeof value === 'string' ? JSON.stringify(value) : `${value as number}`;
  return text.length > MOST_REPEATED ? `${text.slice(0, MOST_REPEATED)}…` : text;
}

function amountOf({ origin, input }: { readonly origin: string; readonly input?: unknown }): string {
  if (origin === 'array' || origin === 'set') return Array.isArray(input) && input.length === 0 ? 'an empty list' : counted((input as { readonly length: number }).length, origin);
  return origin === 'string' ? counted((input as string).length, origin) : described(input);
}

function counted(amount: number | bigint, origin: string): string {
  if (origin === 'string') return `${amount} character${amount === 1 ? '' : 's'}`;
  return origin === 'array' || origin === 'set' ? `${amount} entr${amount === 1 ? 'y' : 'ies'}` : String(amount);
}
