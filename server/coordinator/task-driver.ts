/**
 * Drives one task: gives the round's machine a clock, a store, a journal and a wire.
 *
 * Everything that happens to the task runs through one mailbox, so there is one order of
 * events. What must survive a crash is stored before anything that follows from it leaves:
 * a report is in the journal before it is merged and acknowledged; a phase is in the store
 * before its effects; a commit is blob, then SQL, then the end of the journal segment.
 */
import type { Algorithm, ServerState } from '../../shared/algorithms/algorithm.ts';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { AssignmentId, Digest, EdgeId, TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Assign, ReportOutcome, ReportReply } from '../../shared/protocol/messages.ts';
import type { LiveRound, LiveTask } from '../../shared/protocol/live-view.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Service } from '../../shared/service.ts';
import { createAccumulator, type Accumulator } from '../../shared/statistics/accumulator.ts';
import type { MergedStatistic, StatisticSchema } from '../../shared/statistics/statistic.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { Decision } from '../selection/candidate.ts';
import { checkEligibility } from '../selection/eligibility.ts';
import { select } from '../selection/select.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { JournalSegment, ReportJournal } from '../storage/journal.ts';
import type { Lease, ParticipationRecord, Store, TaskStatus, Transition, VersionRecord } from '../storage/store.ts';
import { assignmentIdOf, parseAssignmentId } from './assignment-ids.ts';
import { itemAt, itemsOf } from './chunked-list.ts';
import { comeBackAfter } from './come-back.ts';
import { liveRound, liveTask } from './live-task.ts';
import { initialState, nextTimer, step } from './machine.ts';
import { createMailbox } from './mailbox.ts';
import type { OnPoint, RoundPoint } from './points.ts';
import type { Population } from './population.ts';
import { decodeAggregate, decodeEdgeReport, decodeJournaled, type CheckedContribution } from './contributions.ts';
import { policyOf } from './policy.ts';
import { countReasons, emptyBook, participations, rejections, roundRecord, type RoundBook, type RoundEnd } from './round-book.ts';
import { isOpen, type Assignment, type RoundEffect, type RoundEvent, type RoundState, type Step } from './round-state.ts';
import { computeUpdate, scalarsOf, storeVersion, type StoredVersion } from './server-update.ts';

/** What a driver is given: the house around it. */
export interface DriverHouse {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly journal: ReportJournal;
  readonly population: Population;
  readonly evaluator: Pick<Evaluator, 'evaluate'>;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly logger: Logger;
  readonly onPoint?: OnPoint;
  /** Something visible changed. */
  readonly onChange: () => void;
  readonly onRoundEnded: (task: TaskId, round: LiveRound) => void;
  /** The task finished, or cannot go on. */
  readonly onEnded: (task: TaskId, status: TaskStatus, reason: string) => void;
}

/** What is driven: the task with everything that was worked out of its spec. */
export interface DrivenTask {
  readonly id: TaskId;
  readonly spec: TaskSpec;
  readonly algorithm: Algorithm;
  readonly config: unknown;
  readonly layout: Layout;
  readonly schema: StatisticSchema;
  /** The newest version with its server state. */
  readonly version: VersionRecord;
  readonly serverState: ServerState;
  readonly lease: Lease;
}

export interface TaskDriver extends Service {
  readonly task: TaskId;
  readonly layoutDigest: Digest;
  view(): LiveTask;
  /** The machine's state, for tests and logs. */
  state(): RoundState;
  lease(): Lease;
  renewed(lease: Lease): void;
  configured(edge: EdgeId, assignment: AssignmentId): Promise<void>;
  withdraw(edge: EdgeId, assignment: AssignmentId, reason: string): Promise<void>;
  /** Resolves when the report is durable and merged, or need not be. @throws the code of what is wrong with it. */
  report(edge: EdgeId, assignment: AssignmentId, frame: Uint8Array): Promise<ReportReply>;
  /** An edge aggregator's accumulator: all its assignments count, or none. */
  aggregate(edge: EdgeId, round: number, frame: Uint8Array): Promise<ReportOutcome>;
  openAssignmentsOf(edge: EdgeId): readonly AssignmentId[];
  /** @throws when `assignment` is none of the edge's that may still report. Checked before a large report is taken in. */
  expects(edge: EdgeId, assignment: AssignmentId): void;
  comeBackAfterMs(): number;
  countDownload(bytes: number): void;
  /** Ends the round under way and the task's run; its state stays. */
  stopTask(reason: string): Promise<void>;
}

export function createTaskDriver(task: DrivenTask, house: DriverHouse): TaskDriver {
  const { store, blobs, journal, population, clock, logger } = house;
  const { spec, algorithm, config, layout, schema } = task;
  const policy = policyOf(spec, algorithm);
  const mailbox = createMailbox();

  let lease = task.lease;
  let version = task.version;
  let serverState = task.serverState;
  let state: RoundState = initialState(version.version, version.checkpoint);
  let accumulator: Accumulator = createAccumulator(schema);
  let segment: JournalSegment | null = null;
  let book: RoundBook = emptyBook();
  let drawReason = '';
  /** Result of the server half between `update` and the transition that stores it. */
  let pending: { readonly stored: StoredVersion; readonly metrics: Record<string, number> } | null = null;
  let cancelTimer: (() => void) | null = null;
  let unlisten: (() => void) | null = null;
  let running = false;
  let totals = { bytesUp: 0, bytesDown: 0 };
  let startedAt = clock.now();
  const eligible = new Set<EdgeId>();
  const indexOf = new Map<AssignmentId, number>();
  const assignmentOf = new Map<EdgeId, number>();
  /** Reports being journaled now: a repeat waits for the first instead of being journaled, too. */
  const inFlight = new Map<AssignmentId, Promise<ReportReply>>();

  const point = (name: RoundPoint): void => house.onPoint?.(name, task.id, state.round);

  // ---- events in, effects out -------------------------------------------------------------

  const dispatch = (event: RoundEvent): Promise<void> => apply(step(state, event, policy));
  /** From outside: through the mailbox, and never after the end. */
  const post = (event: RoundEvent): void => {
    mailbox.run(async () => (running ? dispatch(event) : undefined)).catch(fail);
  };

  async function apply(taken: Step): Promise<void> {
    const before = state;
    if (taken.state === before && taken.effects.length === 0) return;
    state = taken.state;
    if (before.phase !== state.phase || before.round !== state.round) {
      await persist(before, taken.effects);
      logger.info({ task: task.id, round: state.round, phase: state.phase, from: before.phase }, 'phase');
    }
    if (before.assignments !== state.assignments) noteEnded(before);
    for (const effect of taken.effects) await carryOut(effect);
    armTimer();
    house.onChange();
  }

  /** One transaction for each change of phase; what lies between is in the journal or can be lost. */
  async function persist(before: RoundState, effects: readonly RoundEffect[]): Promise<void> {
    const at = clock.now();
    const transition: { -readonly [Key in keyof Transition]: Transition[Key] } = { state };
    for (const effect of effects) {
      if (effect.type === 'offer') {
        transition.participations = [...pendingRejections, ...participations(state, drawReason, at)];
        transition.round = roundRecord(state, book);
        if (spec.privacy.journal && segment === null) transition.roundKey = { round: state.round, key: house.randomBytes(32) };
      } else if (effect.type === 'update') {
        transition.participations = participations(state, drawReason, at);
        transition.round = roundRecord(state, book);
      } else if (effect.type === 'committed' && pending) {
        const end: RoundEnd = { at, outcome: 'committed', reason: null, version: effect.version };
        transition.round = roundRecord(before, book, end);
        transition.version = versionRecord(pending, effect.version, effect.round, at);
        transition.roundKey = { round: effect.round, key: null };
        if (effect.finish !== null) transition.status = { status: 'finished', reason: effect.finish };
      } else if (effect.type === 'aborted') {
        transition.participations = participations(state, drawReason, at);
        transition.round = roundRecord(before, book, { at, outcome: 'aborted', reason: effect.reason, version: null });
        transition.roundKey = { round: effect.round, key: null };
      }
    }
    await store.saveTransition(lease, transition);
    if (transition.roundKey?.key) segment = await journal.open(task.id, state.round, transition.roundKey.key);
    if (state.phase === 'updating' && before.phase !== 'updating') point('closing-stored');
  }

  const versionRecord = ({ stored, metrics }: NonNullable<typeof pending>, number: number, round: number, createdAt: number): VersionRecord => ({
    version: number, round, checkpoint: stored.checkpoint, bytes: stored.bytes, serverState: stored.serverState, createdAt, metrics,
  });

  let pendingRejections: readonly ParticipationRecord[] = [];

  async function carryOut(effect: RoundEffect): Promise<void> {
    switch (effect.type) {
      case 'begin':
        accumulator = createAccumulator(schema);
        book = emptyBook();
        rebuildIndex();
        point('round-begun');
        return dispatch({ type: 'pool', at: clock.now(), eligible: eligible.size });
      case 'draw':
        return draw(effect.count);
      case 'offer':
        point('assignments-stored');
        for (const index of effect.indices) offer(index);
        point('assignments-offered');
        return;
      case 'release':
        for (const index of effect.indices) release(index, effect.reason);
        return;
      case 'stage':
        // Stages beyond the first come with the algorithms that have them (secure aggregation).
        return;
      case 'update':
        startUpdate(effect.round, accumulator);
        return;
      case 'committed':
        return onCommitted(effect.round, effect.finish);
      case 'aborted':
        return onAborted(effect.round, effect.reason, effect.stopped);
    }
  }

  function armTimer(): void {
    cancelTimer?.();
    cancelTimer = null;
    const due = nextTimer(state, policy);
    if (due === null || !running) return;
    cancelTimer = clock.after(Math.max(0, due - clock.now()), () => post({ type: 'timer', at: clock.now() }));
  }

  /** What went wrong beneath a transition: this task cannot be driven on from here. */
  function fail(thrown: unknown): void {
    if (!running) return;
    const error = toMurmurError(thrown);
    logger.error({ task: task.id, round: state.round, code: error.code, err: error }, `the task cannot go on: ${error.message}`);
    halt();
    house.onEnded(task.id, 'stopped', `${error.code}: ${error.message}`);
  }

  function halt(): void {
    running = false;
    cancelTimer?.();
    cancelTimer = null;
    unlisten?.();
    unlisten = null;
  }

  // ---- selection and configuration --------------------------------------------------------

  function reconsider(edge: EdgeId): void {
    const candidate = population.candidate(edge, task.id);
    const before = eligible.size;
    const verdict = candidate && checkEligibility(candidate, spec.selection, clock.now());
    if (candidate && verdict === null) eligible.add(edge);
    else eligible.delete(edge);
    if (verdict && verdict.criterion !== 'busy') population.note(edge, { reason: `not eligible for ${task.id}: ${verdict.reason}` });
    if (eligible.size !== before && state.phase === 'initialization') post({ type: 'pool', at: clock.now(), eligible: eligible.size });
  }

  async function draw(count: number): Promise<void> {
    const at = clock.now();
    const decisions = select(population.candidates(task.id), count, spec.selection, at, house.random.fork(`${task.id}:draw:${state.round}`));
    noteDecisions(decisions, at);
    point('selection-drawn');
    const chosen = decisions.filter((decision) => decision.status === 'chosen').map(({ edge }, i) => ({ id: assignmentIdOf(task.id, state.round, state.assignments.length + i), edge }));
    return dispatch({ type: 'drawn', at, chosen });
  }

  function noteDecisions(decisions: readonly Decision[], at: number): void {
    book.reasons = countReasons(decisions);
    pendingRejections = rejections(decisions, at);
    drawReason = decisions.find((decision) => decision.status === 'chosen')?.reason ?? '';
    const afterMs = comeBackAfter(spec, eligible.size, policy.asked, house.random);
    for (const { edge, status, reason } of decisions) {
      // What has gone stale since it was counted no longer counts; a check-in brings it back.
      if (status === 'rejected') eligible.delete(edge);
      population.note(edge, { reason: `round ${state.round} of ${task.id}: ${reason}` });
      if (status !== 'chosen') population.send(edge, 'comeBack', { afterMs, reason }).catch(() => undefined);
    }
  }

  function rebuildIndex(): void {
    indexOf.clear();
    assignmentOf.clear();
    let index = 0;
    for (const assignment of itemsOf(state.assignments)) {
      indexOf.set(assignment.id, index);
      if (isOpen(assignment)) assignmentOf.set(assignment.edge, index);
      index++;
    }
  }

  function offer(index: number): void {
    const assignment = itemAt(state.assignments, index);
    if (!assignment || !isOpen(assignment)) return;
    indexOf.set(assignment.id, index);
    assignmentOf.set(assignment.edge, index);
    population.occupy(assignment.edge, assignment.id);
    population.note(assignment.edge, { activity: 'assigned' });
    population.send(assignment.edge, 'assign', assignMessage(assignment)).then(
      (reply) => {
        if (!reply.accepted) post({ type: 'ended', at: clock.now(), index, status: 'declined', reason: reply.reason ?? 'declined without a reason' });
      },
      (thrown: unknown) => {
        const error = toMurmurError(thrown);
        // An edge that is gone may come back and is offered it again; one that answers nonsense is done with.
        if (error.code === 'disconnected' || error.code === 'timeout') post({ type: 'absent', at: clock.now(), index });
        else post({ type: 'ended', at: clock.now(), index, status: 'declined', reason: error.message });
      },
    );
  }

  function assignMessage(assignment: Assignment): Assign {
    const now = clock.now();
    const left = assignment.deadline - now;
    return {
      assignment: assignment.id, task: task.id, round: assignment.round, version: version.version,
      checkpoint: { digest: version.checkpoint, bytes: version.bytes }, stage: policy.stages[state.stage],
      broadcast: { ...algorithm.plan(serverState, assignment.round, config) },
      seed: house.random.fork(`${assignment.id}:seed`).int(2 ** 31),
      configureWithinMs: Math.max(0, Math.min(left, policy.configurationMs)), reportWithinMs: Math.max(0, left),
    };
  }

  /** Frees the edges whose assignments ended in this step. */
  function noteEnded(before: RoundState): void {
    if (before.open === state.open) return;
    for (const [edge, index] of assignmentOf) {
      const assignment = itemAt(state.assignments, index);
      if (assignment && isOpen(assignment)) continue;
      assignmentOf.delete(edge);
      if (!assignment) continue;
      population.note(edge, assignment.status === 'reported' ? { activity: 'reported' } : { activity: assignment.status, reason: `round ${state.round} of ${task.id}: ${assignment.reason}` });
      population.free(edge, assignment.id);
    }
  }

  function release(index: number, reason: string): void {
    const assignment = itemAt(state.assignments, index);
    if (assignment) population.send(assignment.edge, 'release', { assignment: assignment.id, reason }).catch(() => undefined);
  }

  function onEdgeBack(edge: EdgeId): void {
    mailbox.run(async () => {
      const index = assignmentOf.get(edge);
      if (!running || index === undefined) return;
      await dispatch({ type: 'present', at: clock.now(), index });
      // It may never have got the offer, or have forgotten it: an edge that has it goes on with it.
      offer(index);
    }).catch(fail);
  }

  function onEdgeAway(edge: EdgeId): void {
    mailbox.run(async () => {
      const index = assignmentOf.get(edge);
      if (running && index !== undefined) await dispatch({ type: 'absent', at: clock.now(), index });
    }).catch(fail);
  }

  /** The edge's own assignment, whatever became of it; of earlier rounds: what the store remembers. */
  function ownAssignment(edge: EdgeId, id: AssignmentId): { readonly index: number; readonly assignment: Assignment } | null {
    const parts = parseAssignmentId(id);
    if (!parts) throw new MurmurError('unknown_assignment', `${id} is no assignment of this coordinator`);
    if (parts.task !== task.id) throw new MurmurError('wrong_task', `assignment ${id} is not one of task ${task.id}`);
    const index = indexOf.get(id);
    const assignment = index === undefined ? undefined : itemAt(state.assignments, index);
    if (index === undefined || !assignment) {
      if (parts.round > state.round || parts.round === state.round) throw new MurmurError('unknown_assignment', `assignment ${id} was never issued`);
      return null;
    }
    if (assignment.edge !== edge) throw new MurmurError('not_selected', `assignment ${id} was given to another edge`);
    return { index, assignment };
  }

  // ---- reports ------------------------------------------------------------------------------

  async function pastOutcome(edge: EdgeId, id: AssignmentId): Promise<ReportOutcome> {
    const round = parseAssignmentId(id)?.round ?? 0;
    const record = (await store.listParticipations(task.id, round)).find((one) => one.assignment === id);
    if (!record) throw new MurmurError('unknown_assignment', `assignment ${id} was never issued`);
    if (record.edge !== edge) throw new MurmurError('not_selected', `assignment ${id} was given to another edge`);
    return record.status === 'reported' ? 'duplicate' : 'late';
  }

  const reply = (outcome: ReportOutcome): ReportReply => ({ outcome, comeBackAfterMs: comeBackAfter(spec, eligible.size, policy.asked, house.random) });
  const outcomeOf = ({ status }: Assignment): ReportOutcome => (status === 'reported' ? 'duplicate' : 'late');

  async function report(edge: EdgeId, id: AssignmentId, frame: Uint8Array): Promise<ReportReply> {
    requireRunning();
    const own = ownAssignment(edge, id);
    if (own === null) return reply(await pastOutcome(edge, id));
    if (!isOpen(own.assignment)) return reply(outcomeOf(own.assignment));
    const first = inFlight.get(id);
    if (first) {
      const settled = await first;
      return settled.outcome === 'accepted' ? { ...settled, outcome: 'duplicate' } : settled;
    }
    // Checked whole before the first value is merged, and before anything is written.
    const checked = decodeEdgeReport(frame, id, layout.digest, schema);
    point('report-checked');
    const merging = journalAndMerge(checked, frame).then(
      (outcome) => {
        if (outcome === 'accepted') population.note(edge, { activity: 'reported', contributed: true });
        return reply(outcome);
      },
    );
    inFlight.set(id, merging);
    try {
      return await merging;
    } finally {
      inFlight.delete(id);
    }
  }

  async function aggregate(_edge: EdgeId, round: number, frame: Uint8Array): Promise<ReportOutcome> {
    requireRunning();
    if (round !== state.round) throw new MurmurError('wrong_round', `the accumulator is of round ${round}, round ${state.round} is under way`);
    const checked = decodeAggregate(frame, layout.digest, schema);
    requireDisjoint(checked);
    return journalAndMerge(checked, frame);
  }

  /** An accumulator cannot be taken apart: whoever forwards it must leave out what was counted already. */
  function requireDisjoint({ contains }: CheckedContribution): void {
    const unknown = contains.filter((id) => !indexOf.has(id));
    if (unknown.length > 0) throw new MurmurError('unknown_assignment', `assignment ${unknown[0]} is none of this round's`, { details: { assignments: unknown } });
    const counted = contains.filter((id) => accumulator.has(id) || inFlight.has(id));
    if (counted.length > 0) {
      throw new MurmurError('overlapping_assignments', `${counted.length} of the accumulator's assignments were counted already; forward one without them`, { details: { assignments: counted } });
    }
  }

  async function journalAndMerge(checked: CheckedContribution, frame: Uint8Array): Promise<ReportOutcome> {
    if (spec.privacy.journal) {
      const open = segment;
      if (!open) return 'late';
      await open.append([frame]);
      point('report-journaled');
    }
    return mailbox.run(async () => {
      if (!running) throw new MurmurError('unavailable', 'the coordinator is stopping; send the report again later');
      return merge(checked, frame.byteLength);
    });
  }

  /** In the mailbox. The machine decides whether it still counts; live and on replay it is this same code. */
  async function merge(checked: CheckedContribution, bytes: number): Promise<ReportOutcome> {
    const reports = checked.contains.map((id) => ({ index: indexOf.get(id) ?? -1, examples: checked.examples }));
    const taken = step(state, { type: 'reported', at: clock.now(), reports }, policy);
    if (taken.state === state) {
      const assignment = itemAt(state.assignments, reports[0]?.index ?? -1);
      return assignment?.status === 'reported' ? 'duplicate' : 'late';
    }
    checked.mergeInto(accumulator);
    book.bytesUp += bytes;
    totals.bytesUp += bytes;
    point('report-merged');
    await apply(taken);
    return 'accepted';
  }

  function requireRunning(): void {
    if (!running) throw new MurmurError('unavailable', `task ${task.id} does not run here just now; try again later`);
  }

  // ---- updating -----------------------------------------------------------------------------

  /** Runs beside the mailbox, so that acknowledgements and questions do not wait for it. */
  function startUpdate(round: number, closed: Accumulator): void {
    update(round, closed).then(
      (finish) => post({ type: 'updated', at: clock.now(), version: version.version + 1, checkpoint: pending?.stored.checkpoint ?? version.checkpoint, finish }),
      (thrown: unknown) => {
        const error = toMurmurError(thrown);
        logger.error({ task: task.id, round, code: error.code, err: error }, 'the update failed');
        post({ type: 'failed', at: clock.now(), reason: `the update failed: ${error.message}` });
      },
    );
  }

  /** Computes and stores the next version. Returns why the task is finished with it, or null. */
  async function update(round: number, closed: Accumulator): Promise<string | null> {
    const merged: MergedStatistic = closed.merged();
    const next = computeUpdate(algorithm, config, serverState, merged);
    point('update-computed');
    const stored = await storeVersion(blobs, layout, next);
    point('checkpoint-stored');
    const metrics: Record<string, number> = scalarsOf(merged);
    const evaluation = await house.evaluator.evaluate(task.id, spec, next.parameters).catch((thrown: unknown) => {
      logger.warn({ task: task.id, round, err: toMurmurError(thrown) }, 'the evaluation failed; the round is committed without it');
      return null;
    });
    if (evaluation) {
      metrics.loss = evaluation.loss;
      if (evaluation.accuracy !== null) metrics.accuracy = evaluation.accuracy;
    }
    pending = { stored, metrics };
    book.trainLoss = metrics.trainLoss ?? null;
    const { stop } = spec;
    if (stop.accuracy !== null && (metrics.accuracy ?? -1) >= stop.accuracy) return `accuracy ${metrics.accuracy.toFixed(4)} reached the target ${stop.accuracy}`;
    if (stop.rounds !== null && version.version + 1 >= stop.rounds) return `${stop.rounds} rounds are committed`;
    return null;
  }

  async function onCommitted(round: number, finish: string | null): Promise<void> {
    point('commit-stored');
    if (pending) {
      serverState = pending.stored.state;
      version = versionRecord(pending, version.version + 1, round, clock.now());
    }
    pending = null;
    await endSegment(round);
    point('journal-ended');
    await announceEnd(round);
    for (const presence of population.all()) {
      if (presence.link && presence.checkIn?.tasks.some((one) => one.task === task.id)) {
        population.send(presence.edge, 'announce', { task: task.id, version: version.version, digest: version.checkpoint, round }).catch(() => undefined);
      }
    }
    if (finish !== null) {
      halt();
      house.onEnded(task.id, 'finished', finish);
    }
  }

  async function onAborted(round: number, reason: string, stopped: boolean): Promise<void> {
    logger.warn({ task: task.id, round, reason }, stopped ? 'the round was ended' : 'the round was aborted');
    await endSegment(round);
    pending = null;
    await announceEnd(round);
  }

  async function endSegment(round: number): Promise<void> {
    await segment?.close();
    segment = null;
    await journal.end(task.id, round);
  }

  async function announceEnd(round: number): Promise<void> {
    const record = await store.getRound(task.id, round);
    if (record) house.onRoundEnded(task.id, liveRound(record, record.version === null ? null : version));
  }

  // ---- starting again -----------------------------------------------------------------------

  /** Brings back what a dead coordinator left: same round, same assignments, every journaled report. */
  async function recover(): Promise<void> {
    const stored = (await store.loadState(task.id)) as RoundState | null;
    if (stored) state = stored;
    rebuildIndex();
    for (const { edge, id } of [...itemsOf(state.assignments)].filter(isOpen)) population.occupy(edge, id);
    for (const round of await journal.list(task.id)) {
      if (round !== state.round || state.phase === 'idle' || state.phase === 'resting') await journal.end(task.id, round);
    }
    const midRound = state.phase === 'configuration' || state.phase === 'reporting' || state.phase === 'updating';
    if (!midRound) return;
    if (!spec.privacy.journal) {
      return dispatch({ type: 'failed', at: clock.now(), reason: 'the coordinator went down, and this task forbids that reports touch the disk' });
    }
    const key = await store.loadRoundKey(task.id, state.round);
    if (!key) return dispatch({ type: 'failed', at: clock.now(), reason: 'the key of the round’s journal is gone' });
    const record = await store.getRound(task.id, state.round);
    drawReason = (await store.listParticipations(task.id, state.round)).find((one) => one.assignment !== null)?.reason ?? '';
    book.reasons = { ...record?.reasons };
    segment = await journal.open(task.id, state.round, key);
    await replay(segment);
  }

  async function replay(from: JournalSegment): Promise<void> {
    const closedWith = state.phase === 'updating' ? new Set([...itemsOf(state.assignments)].filter(({ status }) => status === 'reported').map(({ id }) => id)) : null;
    let merged = 0;
    for await (const payload of from.replay()) {
      const checked = decodeJournaled(payload, layout.digest, schema);
      if (closedWith) {
        // The round was closed: exactly what counted then counts again.
        if (!checked.contains.every((id) => closedWith.has(id)) || checked.contains.some((id) => accumulator.has(id))) continue;
        checked.mergeInto(accumulator);
        book.bytesUp += payload.byteLength;
        merged++;
      } else if ((await merge(checked, payload.byteLength)) === 'accepted') merged++;
    }
    logger.info({ task: task.id, round: state.round, phase: state.phase, reports: merged }, 'resumed the round from its journal');
  }

  return {
    task: task.id,
    layoutDigest: layout.digest,
    view: () => liveTask(task.id, spec, state, version, { ...totals, startedAt, eligible: eligible.size, running }),
    state: () => state,
    lease: () => lease,
    renewed: (next) => {
      lease = next;
    },
    async start() {
      running = true;
      startedAt = clock.now();
      unlisten = population.listen({ changed: reconsider, connected: onEdgeBack, disconnected: onEdgeAway });
      await mailbox.run(async () => {
        await recover();
        for (const candidate of population.candidates(task.id)) reconsider(candidate.edge);
        await dispatch(state.phase === 'idle' ? { type: 'start', at: clock.now(), version: version.version, checkpoint: version.checkpoint } : { type: 'resumed', at: clock.now() });
        armTimer();
      });
    },
    async stop() {
      halt();
      await mailbox.idle();
      await segment?.close();
      segment = null;
    },
    async configured(edge, assignment) {
      requireRunning();
      const own = ownAssignment(edge, assignment);
      if (own === null || !isOpen(own.assignment)) throw new MurmurError('unknown_assignment', `assignment ${assignment} is over`);
      population.note(edge, { activity: 'training' });
      await mailbox.run(() => dispatch({ type: 'configured', at: clock.now(), index: own.index }));
    },
    async withdraw(edge, assignment, reason) {
      requireRunning();
      const own = ownAssignment(edge, assignment);
      if (own) await mailbox.run(() => dispatch({ type: 'ended', at: clock.now(), index: own.index, status: 'withdrawn', reason }));
    },
    report,
    aggregate,
    openAssignmentsOf(edge) {
      const index = assignmentOf.get(edge);
      const assignment = index === undefined ? undefined : itemAt(state.assignments, index);
      return assignment && isOpen(assignment) ? [assignment.id] : [];
    },
    expects(edge, assignment) {
      requireRunning();
      ownAssignment(edge, assignment);
    },
    comeBackAfterMs: () => comeBackAfter(spec, eligible.size, policy.asked, house.random),
    countDownload(bytes) {
      book.bytesDown += bytes;
      totals = { ...totals, bytesDown: totals.bytesDown + bytes };
    },
    async stopTask(reason) {
      await mailbox.run(() => dispatch({ type: 'stop', at: clock.now(), reason }));
      halt();
      await mailbox.idle();
    },
  };
}
