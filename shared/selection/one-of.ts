/** A task's setting that names one of several parts (`{ "name": "topK", "explore": 0.2 }`), each with settings of its own. */
import { z } from 'zod';
import { meantBy } from '../task/nearest-name.ts';

interface Part {
  readonly name: string;
  readonly settings: z.core.$ZodTypeDiscriminable;
}

type SchemasOf<Parts extends readonly Part[]> = { readonly [Place in keyof Parts]: Parts[Place]['settings'] };

/** @param what they are, for the refusal of a name that none has */
export function oneOf<const Parts extends readonly [Part, ...Part[]]>(what: string, parts: Parts): z.ZodDiscriminatedUnion<SchemasOf<Parts>, 'name'> {
  const names = parts.map(({ name }) => name);
  const schemas = parts.map(({ settings }) => settings) as unknown as SchemasOf<Parts> & [z.core.$ZodTypeDiscriminable];
  return z.discriminatedUnion('name', schemas, {
    error: ({ code, input }) => (code === 'invalid_union' ? `there is no such ${what}; there are: ${names.join(', ')}${meantBy((input as { readonly name?: unknown } | null)?.name, names)}` : undefined),
  });
}
