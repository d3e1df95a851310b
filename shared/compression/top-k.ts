/** The values of the largest magnitude, exactly, and nothing of the others (Aji, Heafield 2017; Stich, Cordonnier, Jaggi 2018). */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { partsOf, type Codec } from './codec.ts';
import { decodeIndices, encodeIndices } from './index-set.ts';
import { largest } from './largest.ts';

const Config = z.strictObject({
  name: z.literal('top-k'),
  /** Share of the values that travels; one at least. */
  fraction: z.number().positive().max(1).default(0.01),
});

export const topK = {
  name: 'top-k',
  config: Config,
  encode(values, { fraction }) {
    const indices = largest(values, Math.min(values.length, Math.ceil(fraction * values.length)));
    const kept = Float32Array.from(indices, (index) => values[index]);
    return { codec: 'top-k', size: values.length, parts: [encodeIndices(indices, values.length), { name: 'values', dtype: 'float32', shape: [kept.length], values: kept }] };
  },
  decode(encoded) {
    const places = encoded.parts.find(({ name }) => name !== 'values');
    if (places === undefined) throw new MurmurError('bad_frame', 'top-k says nowhere where its values belong');
    const [, kept] = partsOf(encoded, [places.name, 'uint8'], ['values', 'float32']);
    const indices = decodeIndices(places, kept.length, encoded.size);
    const values = new Float32Array(encoded.size);
    indices.forEach((index, i) => {
      values[index] = kept[i];
    });
    return values;
  },
} as const satisfies Codec<z.output<typeof Config>>;
