/** JSON columns. Numbers that JSON lacks (a loss that diverged is NaN or infinite) are kept as words. */
import { MurmurError } from '../../../shared/errors.ts';

/** @throws internal for what is no JSON (undefined, a function, a circle). */
export function toJson(value: unknown, what: string): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new MurmurError('internal', `${what} is no plain JSON`);
  return text;
}

export function fromJson(text: string): unknown {
  return JSON.parse(text);
}

export function numbersToJson(numbers: Readonly<Record<string, number>>): string {
  // A replacer is called for each value, and hardly ever needed.
  if (Object.values(numbers).every(Number.isFinite)) return JSON.stringify(numbers);
  return JSON.stringify(numbers, (_key, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value));
}

export function numbersFromJson(text: string): Record<string, number> {
  const numbers = JSON.parse(text) as Record<string, number | string>;
  for (const [name, value] of Object.entries(numbers)) if (typeof value === 'string') numbers[name] = Number(value);
  return numbers as Record<string, number>;
}
