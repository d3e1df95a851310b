/** Every codec, by name. A new one is one file and one line here. */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import type { Codec } from './codec.ts';
import { int8 } from './int8.ts';
import { randomK } from './random-k.ts';
import { topK } from './top-k.ts';

export const CODECS = [topK, randomK, int8] as readonly Codec[];

/** How a task names one: `{ "name": "top-k", "fraction": 0.01 }`. */
export const CodecSpec = z.discriminatedUnion('name', [topK.config, randomK.config, int8.config]);
export type CodecSpec = z.output<typeof CodecSpec>;

/** @throws bad_frame: a letter names a codec that this side does not have */
export function findCodec(name: string): Codec {
  const found = CODECS.find((codec) => codec.name === name);
  if (!found) throw new MurmurError('bad_frame', `there is no codec ${JSON.stringify(name)}; there are: ${CODECS.map((codec) => codec.name).join(', ')}`);
  return found;
}
