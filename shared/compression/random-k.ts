/** Values at places drawn by lot, of which only the seed travels (Konečný et al. 2016; Stich, Cordonnier, Jaggi 2018). Not scaled up: who keeps what was left out would count it twice. */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { createRandom } from '../random.ts';
import { partsOf, type Codec } from './codec.ts';

const Config = z.strictObject({
  name: z.literal('random-k'),
  /** Share of the values that travels; one at least. */
  fraction: z.number().positive().max(1).default(0.01),
});

export const randomK = {
  name: 'random-k',
  config: Config,
  encode(values, { fraction }, random) {
    const count = Math.min(values.length, Math.ceil(fraction * values.length));
    const seed = random.int(2 ** 31);
    const kept = Float32Array.from(placesOf(seed, count, values.length), (index) => values[index]);
    return {
      codec: 'random-k', size: values.length,
      parts: [{ name: 'seed', dtype: 'int32', shape: [1], values: Int32Array.of(seed) }, { name: 'values', dtype: 'float32', shape: [count], values: kept }],
    };
  },
  decode(encoded) {
    const [seed, kept] = partsOf(encoded, ['seed', 'int32'], ['values', 'float32']);
    if (seed.length !== 1 || kept.length > encoded.size) throw new MurmurError('bad_frame', `random-k has one seed and up to ${encoded.size} values, not ${seed.length} and ${kept.length}`);
    const values = new Float32Array(encoded.size);
    placesOf(seed[0], kept.length, encoded.size).forEach((index, i) => {
      values[index] = kept[i];
    });
    return values;
  },
} as const satisfies Codec<z.output<typeof Config>>;

/** The first `count` of all places in a random order: Fisher–Yates, of which only what was moved is kept. */
function placesOf(seed: number, count: number, size: number): Int32Array {
  const random = createRandom(seed);
  const moved = new Map<number, number>();
  const places = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const j = i + random.int(size - i);
    places[i] = moved.get(j) ?? j;
    moved.set(j, moved.get(i) ?? i);
  }
  return places;
}
