/** Things of one kind, each known by its name and with settings of its own: how a scenario names one, `{ name: 'dirichlet', alpha: 0.5 }`. */
import { z } from 'zod';
import { MurmurError } from '../shared/errors.ts';

/** Its settings are a strict object without the name. */
export interface Named<Name extends string = string, Config extends z.ZodObject = z.ZodObject> {
  readonly name: Name;
  readonly config: Config;
}

type Schema<N extends Named> = N extends Named<infer Name, infer Config> ? z.ZodObject<Config['shape'] & { readonly name: z.ZodLiteral<Name> }, z.core.$strict> : never;

/** Complete, and as it is written: settings with a default may be missing. */
export type SpecOf<N extends Named> = { readonly name: string } & Readonly<z.output<Schema<N>>>;
export type SpecInputOf<N extends Named> = Readonly<z.input<Schema<N>>>;

/** One schema for all of them, told apart by `name`: what is wrong is named by its path. */
export function specSchema<const List extends readonly [Named, ...Named[]]>(list: List): z.ZodType<SpecOf<List[number]>, SpecInputOf<List[number]>> {
  const [first, ...rest] = list.map(({ name, config }) => config.extend({ name: z.literal(name) }));
  return z.discriminatedUnion('name', [first, ...rest]) as unknown as z.ZodType<SpecOf<List[number]>, SpecInputOf<List[number]>>;
}

/** @param kind what these things are, for the message. @throws bad_config where there is none of that name. */
export function findNamed<N extends Named>(kind: string, list: readonly N[], name: string): N {
  const found = list.find((candidate) => candidate.name === name);
  if (!found) throw new MurmurError('bad_config', `there is no ${kind} ${JSON.stringify(name)}; there are: ${list.map((candidate) => candidate.name).join(', ')}`);
  return found;
}
