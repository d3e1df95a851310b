/** A coordinator's folder as it is after years: a task that runs, and many edges that have enrolled and once took part, of which none is there. */
import { createRandom } from '../../../shared/random.ts';
import { asEdgeId, asTaskId, type EdgeId } from '../../../shared/ids.ts';
import type { TrackRecord } from '../../../shared/selection/track-record.ts';
import type { TaskSpec } from '../../../shared/task/task-spec.ts';
import { MurmurError } from '../../../shared/errors.ts';
import { openSqliteStore } from '../../../server/storage/sqlite-store.ts';

/** Keys that nobody holds the secret of. */
export async function enrolMany(folder: string, spec: TaskSpec, count: number, seed = 1): Promise<void> {
  // All of them in one transaction.
  const store = await openSqliteStore(`${folder}/murmuration.db`, { durable: false, gatherEdges: (write) => void setImmediate(write) });
  try {
    const random = createRandom(seed);
    const digits = (length: number): string => Array.from({ length }, () => random.int(16).toString(16)).join('');
    const ids = Array.from({ length: count }, () => asEdgeId(`e${digits(20)}`));
    await Promise.all(ids.map((id, n) => store.addEdge({ id, publicKey: digits(64), name: `edge ${n}`, role: 'edge', enrolledAt: n, revokedAt: null })));
    const task = asTaskId(spec.name);
    await store.createTask({ id: task, spec, status: 'running', statusReason: null, createdAt: 0 });
    const lease = await store.acquireLease(task, 'years ago', 1, 0);
    if (lease === null) throw new MurmurError('internal', 'somebody else holds the lease of a new task');
    await store.saveTransition(lease, { state: null, tracks: ids.map((edge) => trackOf(edge, 1 + random.int(20))) });
    await store.releaseLease(lease);
  } finally {
    await store.close();
  }
}

const trackOf = (edge: EdgeId, asked: number): TrackRecord => ({
  edge, asked, reported: asked - 1, declined: 0, lost: 1, lastAskedRound: 0, lastReportedRound: 0, lastReportedAt: 0, loss: 1 / asked, roundMs: 1000 * asked,
});
