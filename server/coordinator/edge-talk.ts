/** What a driver says to the edges of its task: offers, releases, when to come back. Answers come to the mailbox, by assignment. */
import type { Algorithm, ServerState } from '../../shared/algorithms/algorithm.ts';
import type { Clock } from '../../shared/clock.ts';
import { toMurmurError } from '../../shared/errors.ts';
import type { AssignmentId, EdgeId, TaskId } from '../../shared/ids.ts';
import type { Assign } from '../../shared/protocol/messages.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Decision } from '../selection/decision.ts';
import type { VersionRecord } from '../storage/store.ts';
import { encodeServerState } from '../../shared/tensors/checkpoint.ts';
import type { CountedBefore } from './counted-before.ts';
import { createPacedTelling } from './paced-telling.ts';
import type { Population } from './population.ts';
import type { Assignment, RoundEvent, RoundPolicy } from './round-state.ts';

export interface EdgeTalkHouse {
  readonly task: { readonly id: TaskId; readonly algorithm: Algorithm; readonly config: unknown };
  readonly policy: RoundPolicy;
  readonly population: Population;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** The server state of the newest version. */
  readonly current: () => { readonly serverState: ServerState; readonly stage: number; /** Of the phase; after a restart it lies behind the assignments' own. */ readonly deadline: number | null };
  /** The version that an assignment starts from. */
  readonly baseOf: (assignment: Assignment) => VersionRecord;
  readonly comeBackMs: () => number;
  /** An event for an assignment, where it is still open when its turn comes. */
  readonly postFor: (id: AssignmentId, event: (index: number, at: number) => RoundEvent) => void;
}

export interface EdgeTalk {
  /** Offers the assignment, with what counted before where its edge must know; again after a reconnect, since the edge may never have heard of it. */
  offer(assignment: Assignment, counted: CountedBefore | null): void;
  release(assignment: Assignment, reason: string): void;
  /** Notes for people why each was or was not chosen, and tells each of the latter when to come back: little by little where they are many. */
  tellDecisions(round: number, decisions: readonly Decision[]): void;
  /** Frees the edges of assignments that are no longer open. */
  free(round: number, ended: readonly Assignment[]): void;
  /** Tells everybody of a new version: little by little, unless it is the last one. */
  announce(version: VersionRecord, isLast: boolean): void;
  /** Forgets whom there was something to tell. */
  stop(): void;
}

export function createEdgeTalk({ task, policy, population, clock, random, current, baseOf, comeBackMs, postFor }: EdgeTalkHouse): EdgeTalk {
  /** Of the version that it was worked out for; such a blob lies beside the version's checkpoint. */
  let stateBytes: { readonly version: number; readonly bytes: number } | null = null;
  function serverStateOf(version: VersionRecord, serverState: ServerState): Pick<Assign, 'serverState'> {
    if (task.algorithm.needs.serverVectors !== true) return {};
    if (stateBytes?.version !== version.version) stateBytes = { version: version.version, bytes: encodeServerState(serverState).byteLength };
    return { serverState: { digest: version.serverState, bytes: stateBytes.bytes } };
  }

  function assignMessage(assignment: Assignment, counted: CountedBefore | null): Assign {
    const { serverState, stage, deadline } = current();
    const version = baseOf(assignment);
    const left = Math.max(0, Math.max(assignment.deadline, deadline ?? 0) - clock.now());
    return {
      assignment: assignment.id, task: task.id, round: assignment.round, version: version.version,
      checkpoint: { digest: version.checkpoint, bytes: version.bytes }, ...serverStateOf(version, serverState), ...(counted === null ? {} : { counted: counted.get(assignment.edge) ?? null }), stage: policy.stages[stage],
      broadcast: { ...task.algorithm.plan(serverState, assignment.round, task.config) },
      seed: random.fork(`${assignment.id}:seed`).int(2 ** 31),
      configureWithinMs: Math.min(left, policy.configurationMs), reportWithinMs: left,
    };
  }

  let announced: VersionRecord | null = null;
  const announcing = createPacedTelling<EdgeId>(clock, (edge) => {
    if (!announced) return;
    const { version, checkpoint, round } = announced;
    population.send(edge, 'announce', { task: task.id, version, digest: checkpoint, round }).catch(() => undefined);
  });

  /** Why those who wait to be told were not chosen, in the newest draw. */
  const notChosen = new Map<EdgeId, string>();
  const sendingAway = createPacedTelling<EdgeId>(clock, (edge) => {
    const reason = notChosen.get(edge);
    notChosen.delete(edge);
    // Chosen by a later draw while it waited: there is nothing to come back for.
    if (reason !== undefined) population.send(edge, 'comeBack', { afterMs: comeBackMs(), reason }).catch(() => undefined);
  });

  return {
    offer(assignment, counted) {
      const { id, edge } = assignment;
      population.occupy(edge, id);
      population.note(edge, { activity: 'assigned' });
      const declined = (reason: string): void => postFor(id, (index, at) => ({ type: 'ended', at, index, status: 'declined', reason }));
      population.send(edge, 'assign', assignMessage(assignment, counted)).then(
        (reply) => {
          if (!reply.accepted) declined(reply.reason ?? 'declined without a reason');
        },
        (thrown: unknown) => {
          const error = toMurmurError(thrown);
          // An edge that is gone may come back and is offered it again; one that answers nonsense is done with.
          if (error.code === 'disconnected' || error.code === 'timeout') postFor(id, (index, at) => ({ type: 'absent', at, index }));
          else declined(error.message);
        },
      );
    },
    release({ id, edge }, reason) {
      population.send(edge, 'release', { assignment: id, reason }).catch(() => undefined);
    },
    tellDecisions(round, decisions) {
      for (const { edge, status, reason } of decisions) {
        population.note(edge, { reason: `round ${round} of ${task.id}: ${reason}` });
        if (status === 'chosen') notChosen.delete(edge);
        else notChosen.set(edge, reason);
      }
      sendingAway.tell(notChosen.keys());
    },
    free(round, ended) {
      for (const { edge, id, status, reason } of ended) {
        if (status === 'reported') population.note(edge, { activity: 'reported', contributed: true });
        else population.note(edge, { activity: status, reason: `round ${round} of ${task.id}: ${reason}` });
        population.free(edge, id);
      }
    },
    announce(version, isLast) {
      announced = version;
      announcing.tell(population.serving(task.id));
      if (isLast) announcing.flush();
    },
    stop() {
      announcing.stop();
      sendingAway.stop();
      notChosen.clear();
    },
  };
}
