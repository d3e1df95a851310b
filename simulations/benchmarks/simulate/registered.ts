/** A coordinator's folder in which many edges have enrolled, as after years. */
import { createRandom } from '../../../shared/random.ts';
import { asEdgeId } from '../../../shared/ids.ts';
import { openSqliteStore } from '../../../server/storage/sqlite-store.ts';

/** Keys that nobody holds the secret of. */
export async function enrolMany(folder: string, count: number, seed = 1): Promise<void> {
  // All of them in one transaction.
  const store = await openSqliteStore(`${folder}/murmuration.db`, { durable: false, gatherEdges: (write) => void setImmediate(write) });
  try {
    const random = createRandom(seed);
    const digits = (length: number): string => Array.from({ length }, () => random.int(16).toString(16)).join('');
    const one = (n: number) => store.addEdge({ id: asEdgeId(`e${digits(20)}`), publicKey: digits(64), name: `edge ${n}`, role: 'edge', enrolledAt: n, revokedAt: null });
    await Promise.all(Array.from({ length: count }, (_, n) => one(n)));
  } finally {
    await store.close();
  }
}
