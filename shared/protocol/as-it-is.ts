/**
 * Messages that are right already. Zod builds a new object for all that it parses; nearly every message is exactly what its
 * schema would make of it, and to see that takes a tenth of the time. What is not, or might not be, goes to the schema,
 * which completes it or says what is wrong: so the verdict and the result are the schema's own in every case.
 */
import type { z } from 'zod';

/** True: the schema takes the value, plain data as wires bring it, and gives back its equal. False says nothing. */
export type Fits = (value: unknown) => boolean;

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'boolean', 'null', 'literal', 'enum']);

const never: Fits = () => false;
const always: Fits = () => true;

/** What is read of zod's own description of a schema. */
interface Description {
  readonly type: string;
  readonly checks?: readonly { readonly _zod: { readonly def: CheckDescription } }[];
  /** Of formats that are schemas themselves (`z.int()`). */
  readonly check?: string;
  readonly format?: string;
  readonly coerce?: boolean;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly catchall?: z.ZodType;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  /** Of a union whose options each have a value of their own there. */
  readonly discriminator?: string;
  readonly items?: readonly z.ZodType[];
  readonly rest?: z.ZodType | null;
  readonly keyType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly values?: readonly unknown[];
  readonly entries?: Readonly<Record<string, string | number>>;
  readonly fn?: (value: unknown) => unknown;
}

interface CheckDescription {
  readonly check: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly value?: number | bigint | Date;
  readonly inclusive?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of a refinement that is a plain predicate. */
  readonly fn?: (value: unknown) => unknown;
}

const descriptionOf = (schema: z.ZodType): Description => schema.def;

/** Kinds of schemas that are not known here (transforms, …) fit nothing: their messages are parsed as ever. */
export function fitsAsItIs(schema: z.ZodType): Fits {
  const description = descriptionOf(schema);
  const inner = fitsType(description);
  const checks = (description.checks ?? []).map(({ _zod }) => fitsCheck(_zod.def));
  if (checks.length === 0) return inner;
  if (checks.length === 1) {
    const [check] = checks;
    return (value) => inner(value) && check(value);
  }
  return (value) => inner(value) && checks.every((check) => check(value));
}

function fitsType(description: Description): Fits {
  const { type, coerce = false, check, format, options = [], values = [], entries = {}, fn } = description;
  if (coerce) return never;
  switch (type) {
    case 'string':
      return check === undefined ? (value) => typeof value === 'string' : never;
    case 'number':
      if (check === undefined) return (value) => typeof value === 'number' && Number.isFinite(value);
      return format === 'safeint' ? (value) => Number.isSafeInteger(value) : never;
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'null':
      return (value) => value === null;
    case 'unknown':
      return always;
    case 'literal':
      return oneOf(values);
    case 'enum':
      return oneOf(Object.values(entries));
    case 'union': {
      // The first option that takes a value decides, and an object could be taken by one that drops keys: scalars stay as they are,
      // and of two that take objects each must have a name of its own.
      if (description.discriminator === undefined && options.filter((option) => !SCALARS.has(descriptionOf(option).type)).length > 1) return never;
      const fits = options.map(fitsAsItIs);
      return (value) => fits.some((option) => option(value));
    }
    case 'nullable': {
      const inner = innerOf(description);
      return (value) => value === null || inner(value);
    }
    case 'optional':
    case 'default':
    case 'prefault': {
      // What is left out is filled in by the schema, or stays away: the object sees to that.
      const inner = innerOf(description);
      return (value) => value !== undefined && inner(value);
    }
    case 'array': {
      const item = description.element === undefined ? never : fitsAsItIs(description.element);
      return (value) => Array.isArray(value) && allFit(value, item);
    }
    case 'tuple': {
      const { items = [], rest = null } = description;
      // Of scalars alone: what may be missing at a tuple's end is for the schema to see to.
      if (rest !== null || items.some((item) => !SCALARS.has(descriptionOf(item).type))) return never;
      const fits = items.map(fitsAsItIs);
      return (value) => Array.isArray(value) && value.length === fits.length && fits.every((item, i) => item(value[i]));
    }
    case 'record':
      return fitsRecord(description);
    case 'object':
      return fitsObject(description);
    case 'custom':
      return fn === undefined ? never : (value) => fn(value) === true;
    default:
      return never;
  }
}

const innerOf = ({ innerType }: Description): Fits => (innerType === undefined ? never : fitsAsItIs(innerType));

function oneOf(values: readonly unknown[]): Fits {
  const set = new Set(values);
  return (value) => set.has(value);
}

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Not `every`: it leaves holes out, and a schema sees an undefined in each. */
function allFit(items: readonly unknown[], fits: Fits): boolean {
  for (const item of items) if (!fits(item)) return false;
  return true;
}

function fitsRecord({ keyType, valueType }: Description): Fits {
  if (keyType === undefined || valueType === undefined || descriptionOf(keyType).type !== 'string' || (descriptionOf(keyType).checks ?? []).length > 0) return never;
  const fits = fitsAsItIs(valueType);
  return (value) => {
    if (!isPlain(value)) return false;
    for (const key in value) if (key === '__proto__' || !fits(value[key])) return false;
    return true;
  };
}

/** Exactly the keys that the schema knows, whether it would refuse others or drop them; others beside them where it keeps any. */
function fitsObject({ shape = {}, catchall }: Description): Fits {
  const keepsOthers = catchall !== undefined && descriptionOf(catchall).type === 'unknown';
  const known = new Map(Object.entries(shape).map(([key, schema]) => [key, { fits: fitsAsItIs(schema), needed: descriptionOf(schema).type !== 'optional' }]));
  const needed = [...known.values()].filter((one) => one.needed).length;
  return (value) => {
    if (!isPlain(value)) return false;
    let found = 0;
    // By the message's keys, which it has in a row, and not by the schema's, which would have to be looked for.
    for (const key in value) {
      const one = known.get(key);
      if (one === undefined) {
        if (!keepsOthers || key === '__proto__') return false;
        continue;
      }
      if (!one.fits(value[key])) return false;
      if (one.needed) found++;
    }
    return found === needed;
  };
}

function fitsCheck({ check, format, pattern, value: bound, inclusive = false, minimum = 0, maximum = Infinity, fn }: CheckDescription): Fits {
  switch (check) {
    case 'string_format':
      // A pattern that keeps its place from one use to the next would need care.
      return format === 'regex' && pattern !== undefined && !pattern.global && !pattern.sticky ? (value) => pattern.test(value as string) : never;
    case 'greater_than':
      return typeof bound !== 'number' ? never : inclusive ? (value) => (value as number) >= bound : (value) => (value as number) > bound;
    case 'less_than':
      return typeof bound !== 'number' ? never : inclusive ? (value) => (value as number) <= bound : (value) => (value as number) < bound;
    case 'min_length':
      return (value) => (value as { readonly length: number }).length >= minimum;
    case 'max_length':
      return (value) => (value as { readonly length: number }).length <= maximum;
    case 'custom':
      return fn === undefined ? never : (value) => fn(value) === true;
    default:
      return never;
  }
}

/** A schema's `parse` and `safeParse`, but that a value which fits is given back as it is, not copied. */
export interface Parser<T> {
  parse(value: unknown): T;
  /** `context` as Zod takes it: how what is wrong is said. */
  safeParse(value: unknown, context?: z.core.ParseContext<z.core.$ZodIssue>): z.ZodSafeParseResult<T>;
}

export function parserOf<T>(schema: z.ZodType<T>): Parser<T> {
  const fits = fitsAsItIs(schema);
  return {
    parse: (value) => (fits(value) ? (value as T) : schema.parse(value)),
    safeParse: (value, context) => (fits(value) ? { success: true, data: value as T } : schema.safeParse(value, context)),
  };
}

export type Parsers<Schemas extends Readonly<Record<string, z.ZodType>>> = { readonly [Name in keyof Schemas]: Parser<z.output<Schemas[Name]>> };

export function parsersOf<Schemas extends Readonly<Record<string, z.ZodType>>>(schemas: Schemas): Parsers<Schemas> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, parserOf(schema)])) as unknown as Parsers<Schemas>;
}
