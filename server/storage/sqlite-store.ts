/**
 * The embedded default of `Store`: one SQLite file in WAL mode, or one in memory.
 * SQLite answers at once; the promises are the interface's, so that a database over a network can stand here too.
 */
import type { TaskId } from '../../shared/ids.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Lease, RoundPart, Store, Transition } from './store.ts';
import { emptyLog, openConnection } from './sqlite/connection.ts';
import { createEdgeTable } from './sqlite/edges.ts';
import { sqliteFailure } from './sqlite/errors.ts';
import { createFindingTable } from './sqlite/findings.ts';
import { groupEdges, type Gather } from './sqlite/grouped-edges.ts';
import { createLabelTable } from './sqlite/labels.ts';
import { createLeaseTable } from './sqlite/leases.ts';
import { createRoundTables } from './sqlite/rounds.ts';
import { createTaskTable } from './sqlite/tasks.ts';
import { createTrackTable } from './sqlite/track-records.ts';
import { createVersionTable } from './sqlite/versions.ts';

export interface SqliteStoreOptions {
  /** When to write the enrolments that have gathered; left out, each is written at once. */
  readonly gatherEdges?: Gather;
  /** False: what was committed may be lost with the power, though not with the process. For experiments. */
  readonly durable?: boolean;
}

export interface SqliteStore extends Store {
  /**
   * Forgets everything: a simulation that runs many worlds one after the other prepares its statements once.
   * @throws conflict for a store that is not in memory
   */
  empty(): Promise<void>;
}

/** Those that refer to others come first. */
const TABLES = ['edges', 'findings', 'track_records', 'labels', 'versions', 'round_keys', 'participations', 'rounds', 'leases', 'states', 'tasks'];

/**
 * Makes the file (mode 0600) and brings it to the newest schema. `:memory:` is gone when it is closed.
 * @throws storage_failed; storage_corrupt for a file that is no database; incompatible for a newer schema.
 */
export async function openSqliteStore(path: string, { gatherEdges = (write) => write(), durable = true }: SqliteStoreOptions = {}): Promise<SqliteStore> {
  const database = openConnection(path, durable);
  const tasks = createTaskTable(database);
  const leases = createLeaseTable(database);
  const rounds = createRoundTables(database);
  const versions = createVersionTable(database);
  const labels = createLabelTable(database);
  const tracks = createTrackTable(database);
  const findings = createFindingTable(database);
  const edges = createEdgeTable(database);
  const newEdges = groupEdges(database, (edge) => edges.add(edge), gatherEdges);

  /** Runs at once; what it throws becomes the promise's rejection. */
  async function run<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (thrown) {
      if (!database.open) throw new MurmurError('unavailable', `the store ${path} is closed`, { cause: thrown });
      throw sqliteFailure(thrown, database.name);
    }
  }

  /** The part's own round; without one, the newest that is stored. */
  function roundOf(task: TaskId, part: RoundPart): number {
    const round = part.round?.round ?? rounds.newest(task);
    if (round === null) throw new MurmurError('internal', `task ${task} has no round yet to which the participations could belong`);
    return round;
  }

  let keyLingers = false;
  function saveRound(task: TaskId, part: RoundPart): void {
    if (part.round) rounds.save(task, part.round);
    if (part.participations && part.participations.length > 0) rounds.saveParticipations(task, roundOf(task, part), part.participations);
    if (!part.roundKey) return;
    const { round, key } = part.roundKey;
    if (key !== null) rounds.saveKey(task, round, key);
    else if (rounds.destroyKey(task, round)) keyLingers = true;
  }

  function saveTransition(lease: Lease, transition: Transition): void {
    const { task } = lease;
    leases.check(lease);
    tasks.saveState(task, transition.state);
    if (transition.samplerMemory !== undefined) tasks.saveSamplerMemory(task, transition.samplerMemory);
    if (transition.tracks) tracks.save(task, transition.tracks);
    if (transition.findings) findings.save(task, transition.findings);
    saveRound(task, transition);
    for (const part of transition.alongside ?? []) saveRound(task, part);
    if (transition.version) versions.save(task, transition.version);
    if (transition.evaluated) versions.saveEvaluation(task, transition.evaluated.version, transition.evaluated.evaluation);
    if (transition.labels) labels.save(task, transition.labels);
    if (transition.status) tasks.setStatus(task, transition.status.status, transition.status.reason);
  }
  // Immediate, so that no other coordinator's fence can slip in between the check and the writes.
  const inTransaction = database.transaction(saveTransition).immediate;
  const acquire = database.transaction(leases.acquire).immediate;
  const emptying = TABLES.map((table) => database.prepare(`DELETE FROM ${table}`));
  const emptyTables = database.transaction(() => {
    if (!database.memory) throw new MurmurError('conflict', `only a store in memory is emptied, ${path} is none`);
    for (const one of emptying) one.run();
    tasks.forgetSpecs();
  });

  return {
    createTask: (task) => run(() => tasks.create(task)),
    getTask: (id) => run(() => tasks.get(id)),
    listTasks: () => run(() => tasks.list()),

    acquireLease: (task, holder, ttlMs, now) => run(() => acquire(task, holder, ttlMs, now)),
    renewLease: (lease, ttlMs, now) => run(() => leases.renew(lease, ttlMs, now)),
    releaseLease: (lease) => run(() => leases.release(lease)),

    saveTransition: (lease, transition) =>
      run(() => {
        inTransaction(lease, transition);
        // The deleted row is zeroed in the database; its older page images go with the log.
        if (keyLingers && durable) keyLingers = !emptyLog(database);
      }),
    loadState: (task) => run(() => tasks.loadState(task)),
    loadSamplerMemory: (task) => run(() => tasks.loadSamplerMemory(task)),
    listTracks: (task) => run(() => tracks.list(task)),
    loadRoundKey: (task, round) => run(() => rounds.loadKey(task, round)),
    listFindings: (task, { standing }) => run(() => findings.list(task, standing)),

    getRound: (task, round) => run(() => rounds.get(task, round)),
    totals: (task) => run(() => rounds.totals(task)),
    listRounds: (task, { limit, before = Number.MAX_SAFE_INTEGER }) => run(() => rounds.list(task, limit, before)),
    listParticipations: (task, round) => run(() => rounds.participations(task, round)),
    newestParticipation: (task, edge, assignment) => run(() => rounds.newestParticipation(task, edge, assignment)),
    lastCounted: (task, edge) => run(() => rounds.lastCounted(task, edge)),
    getVersion: (task, version) => run(() => versions.get(task, version)),
    latestVersion: (task) => run(() => versions.latest(task)),
    listVersions: (task, { limit, before = Number.MAX_SAFE_INTEGER }) => run(() => versions.list(task, limit, before)),
    listLabels: (task) => run(() => labels.list(task)),

    addEdge: (edge) =>
      newEdges.add(edge).catch((thrown: unknown) =>
        run(() => {
          throw thrown;
        }),
      ),
    getEdge: (id) => run(() => edges.get(id)),
    listEdges: ({ limit, after = '' }) => run(() => edges.list(limit, after)),
    revokeEdge: (id, at) => run(() => edges.revoke(id, at)),

    empty: () => run(() => emptyTables()),
    close: async () => {
      if (database.open) newEdges.flush();
      database.close();
    },
  };
}
