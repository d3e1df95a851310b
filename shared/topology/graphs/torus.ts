import { z } from 'zod';
import { MurmurError } from '../../errors.ts';
import { linksBetween, type Topology } from '../topology.ts';

const Config = z.strictObject({
  /** null: as near to a square as the number of peers allows. */
  rows: z.int().min(2).nullable().default(null),
});

/** A grid whose edges meet: four neighbours each. Agreement takes some n rounds. */
export const torus: Topology<z.output<typeof Config>> = {
  name: 'torus',
  config: Config,
  build(peers, { rows: wanted }) {
    const rows = wanted ?? nearSquare(peers);
    const columns = peers / rows;
    if (!Number.isInteger(columns) || rows < 2 || columns < 2) {
      throw new MurmurError('bad_config', `${peers} peers do not make a torus of ${wanted === null ? 'two rows or more: the number must be no prime' : `${rows} rows: take a divisor`}`);
    }
    const at = (row: number, column: number): number => (row % rows) * columns + (column % columns);
    const pairs = Array.from({ length: peers }, (_, peer) => {
      const [row, column] = [Math.floor(peer / columns), peer % columns];
      return [[peer, at(row + 1, column)], [peer, at(row, column + 1)]] as const;
    });
    return { peers, directed: false, rounds: [linksBetween(peers, pairs.flat())] };
  },
};

/** The largest divisor up to the root; 1 for a prime. */
function nearSquare(peers: number): number {
  for (let rows = Math.floor(Math.sqrt(peers)); rows > 1; rows--) if (peers % rows === 0) return rows;
  return 1;
}
