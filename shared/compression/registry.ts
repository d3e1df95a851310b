/** Every codec, by name. A new one is one file and one line here. */
import { MurmurError } from '../errors.ts';
import type { Codec } from './codec.ts';

const CODECS: readonly Codec[] = [];

/** @throws bad_frame: a letter names a codec that this side does not have */
export function findCodec(name: string): Codec {
  const found = CODECS.find((codec) => codec.name === name);
  if (!found) throw new MurmurError('bad_frame', `there is no codec ${JSON.stringify(name)}; there are: ${CODECS.map((codec) => codec.name).join(', ')}`);
  return found;
}
