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
import type { AssignmentId, EdgeId, TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { ReportOutcome, ReportReply } from '../../shared/protocol/messages.ts';
import type { LiveRound, LiveTask } from '../../shared/protocol/live-view.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Service } from '../../shared/service.ts';
import { createMergeArena } from '../../shared/statistics/merge-arena.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { Decision } from '../selection/candidate.ts';
import { checkEligibility } from '../selection/eligibility.ts';
import { select } from '../selection/select.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { ReportJournal } from '../storage/journal.ts';
import type { Lease, RoundTotals, Store, TaskStatus, VersionRecord } from '../storage/store.ts';
import { assignmentIdOf } from './assignment-ids.ts';
import { createAssignmentIndex } from './assignment-index.ts';
import { itemAt } from './chunked-list.ts';
import { comeBackAfter } from './come-back.ts';
import { createEdgeTalk } from './edge-talk.ts';
import { liveRound, liveTask } from './live-task.ts';
import { initialState, nextTimer, step } from './machine.ts';
import { createMailbox } from './mailbox.ts';
import type { OnPoint, RoundPoint } from './points.ts';
import { policyOf } from './policy.ts';
import type { Population } from './population.ts';
import { recoverRound } from './recovery.ts';
import { createReportIntake } from './report-intake.ts';
import { countReasons, keptDecisions, rejections } from './round-book.ts';
import { takeInHand, type RoundInHand } from './round-in-hand.ts';
import { isOpen, type RoundEffect, type RoundEvent, type RoundState, type Step } from './round-state.ts';
import { runUpdate, versionRecord } from './server-update.ts';
import { transitionFor } from './transitions.ts';

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
  /** Of the rounds so far. */
  readonly totals: RoundTotals;
  readonly lease: Lease;
}

export interface TaskDriver extends Service {
  readonly task: TaskId;
  view(): LiveTask;
  /** The machine's state, for tests and logs. */
  state(): RoundState;
  lease(): Lease;
  renewed(lease: Lease): void;
  configured(edge: EdgeId, assignment: AssignmentId): Promise<void>;
  withdraw(edge: EdgeId, assignment: AssignmentId, reason: string): Promise<void>;
  /** Resolves when the report is durable and merged, or need not be. @throws the code of what is wrong with it */
  report(edge: EdgeId, assignment: AssignmentId, frame: Uint8Array): Promise<ReportReply>;
  /** An edge aggregator's accumulator: all its assignments count, or none. */
  aggregate(round: number, frame: Uint8Array): Promise<ReportOutcome>;
  openAssignmentsOf(edge: EdgeId): readonly AssignmentId[];
  /** @throws when the assignment is none of this edge's. Asked before a large report is taken in */
  requireOwn(edge: EdgeId, assignment: AssignmentId): void;
  comeBackAfterMs(): number;
  countDownload(bytes: number): void;
  /** Ends the round under way and the task's run; its state stays. */
  stopTask(reason: string): Promise<void>;
}

export function createTaskDriver(task: DrivenTask, house: DriverHouse): TaskDriver {
  const { store, journal, population, clock, logger } = house;
  const { spec, algorithm, schema } = task;
  const arena = createMergeArena(schema);
  const policy = policyOf(spec, algorithm);
  const longestMs = Math.max(policy.selectionMs, policy.configurationMs + policy.reportingMs, policy.absenceMs, policy.retryLongestMs);
  const mailbox = createMailbox();
  const index = createAssignmentIndex(task.id);
  const eligible = new Set<EdgeId>();

  let { lease, version, serverState } = task;
  let state: RoundState = initialState(version.version, version.checkpoint);
  let hand: RoundInHand = takeInHand(arena);
  let running = false;
  /** While its round is brought back: a report that came now would find neither journal nor sum. */
  let resuming = false;
  let startedAt = clock.now();
  /** By how much the wall clock was set back under this task: the times of its rounds go on from where they were. */
  let setBackMs = 0;
  const now = (): number => clock.now() + setBackMs;
  let { bytesUp, bytesDown } = task.totals;
  /** The server half at work; never rejects. */
  let updating: Promise<void> = Promise.resolve();
  /** The round whose update is at work, or was last. */
  let updatingFor: RoundInHand | null = null;
  let cancelTimer: (() => void) | null = null;
  let unlisten: (() => void) | null = null;

  const point = (name: RoundPoint): void => house.onPoint?.(name, task.id, state.round);
  const comeBack = (): number => comeBackAfter(spec, eligible.size, policy.asked, house.random);
  const talk = createEdgeTalk({
    task, policy, population, clock: { ...clock, now }, random: house.random, comeBackMs: comeBack,
    current: () => ({ version, serverState, stage: state.stage, deadline: state.deadline }),
    postFor: (id, event) => post(() => dispatchFor(id, event)),
  });

  // ---- events in, effects out ---------------------------------------------------------------

  const dispatch = (event: RoundEvent): Promise<void> => apply(step(state, event, policy));

  /** For an assignment wherever it stands now: an answer may come when its round is long over, and means no other. */
  async function dispatchFor(id: AssignmentId, event: (index: number, at: number) => RoundEvent): Promise<void> {
    const position = index.indexOf(id);
    const assignment = position === undefined ? undefined : itemAt(state.assignments, position);
    if (position !== undefined && assignment && isOpen(assignment)) await dispatch(event(position, now()));
  }

  /** A job in the mailbox that nobody waits for. */
  function post(job: () => Promise<void>): void {
    mailbox.run(async () => (running ? job() : undefined)).catch(fail);
  }

  /** What fails beneath a step fails the task, whoever asked for the step: state and store may disagree now. */
  async function apply(taken: Step): Promise<void> {
    try {
      await takeStep(taken);
    } catch (thrown) {
      fail(thrown);
      throw thrown;
    }
  }

  async function takeStep(taken: Step): Promise<void> {
    const before = state;
    if (taken.state === before && taken.effects.length === 0) return;
    state = taken.state;
    const ended = before.open === state.open ? [] : index.takeEnded(before, state);
    if (before.phase !== state.phase || before.round !== state.round) {
      // A draw is not stored by itself: it is answered at once, and before that nobody was asked for anything.
      const failure = state.phase === 'selection' ? null : await persist(before, taken.effects);
      logger.info({ task: task.id, round: state.round, phase: state.phase, from: before.phase }, 'phase');
      if (failure !== null) return dispatch({ type: 'failed', at: now(), reason: failure });
    } else if (ended.some(({ id, status }) => status !== 'reported' && intake.isOnItsWay(id))) {
      // Its report is being journaled and will be answered `late`: a replay must find that it had ended before.
      await store.saveTransition(lease, { state });
    }
    talk.free(state.round, ended);
    for (const effect of taken.effects) await carryOut(effect);
    armTimer();
    house.onChange();
  }

  /**
   * One transaction for each change of phase; what lies between is in the journal, or can be lost.
   * Returns why the round cannot go on, where its journal cannot be opened: nobody was asked for anything yet.
   */
  async function persist(before: RoundState, effects: readonly RoundEffect[]): Promise<string | null> {
    const newKey = (): Uint8Array | null => (spec.privacy.journal && hand.segment === null ? house.randomBytes(32) : null);
    const transition = transitionFor({ before, state, effects, hand, newKey, at: now() });
    await store.saveTransition(lease, transition);
    if (state.phase === 'updating') point('closing-stored');
    if (!transition.roundKey?.key) return null;
    try {
      hand.segment = await journal.open(task.id, state.round, transition.roundKey.key);
      return null;
    } catch (thrown) {
      const error = toMurmurError(thrown);
      logger.error({ task: task.id, round: state.round, code: error.code, err: error }, 'the round’s journal cannot be opened');
      return `the round’s journal cannot be opened: ${error.message}`;
    }
  }

  async function carryOut(effect: RoundEffect): Promise<void> {
    switch (effect.type) {
      case 'begin':
        hand.accumulator.release();
        hand = takeInHand(arena);
        index.rebuild(state);
        return point('round-begun');
      case 'count':
        return dispatch({ type: 'pool', at: now(), eligible: eligible.size });
      case 'draw':
        return draw(effect.count);
      case 'offer':
        point('assignments-stored');
        for (const position of effect.indices) offer(position);
        return point('assignments-offered');
      case 'release':
        for (const position of effect.indices) {
          const assignment = itemAt(state.assignments, position);
          if (assignment) talk.release(assignment, effect.reason);
        }
        return;
      case 'stage':
        // Algorithms with further stages bring what is said in them; the machine knows them already.
        return;
      case 'update':
        return startUpdate(effect.round);
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
    const left = due - now();
    // No phase takes longer: whoever seems to have more time left was given it by a clock that was set back.
    const waitMs = Math.max(1, Math.min(left, longestMs));
    cancelTimer = clock.after(waitMs, () => post(async () => {
      if (waitMs < left) setBackMs += Math.max(0, due - now());
      await dispatch({ type: 'timer', at: now() });
      // Timers fire early by a hair: then nothing was due yet, and the wait goes on.
      armTimer();
    }));
  }

  /** Something beneath a transition failed: this task cannot be driven on from here. */
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
    talk.stop();
  }

  function requireRunning(): void {
    if (resuming) throw new MurmurError('unavailable', `task ${task.id} is being resumed; try again in a moment`);
    if (!running) throw new MurmurError('unavailable', `task ${task.id} does not run here just now; try again later`);
    // A process that was suspended for long: another coordinator may have taken the task over.
    if (clock.now() >= lease.expiresAt) throw new MurmurError('unavailable', `this coordinator's lease on task ${task.id} has run out; try again later`);
  }

  // ---- selection and configuration ------------------------------------------------------------

  function reconsider(edge: EdgeId): void {
    const candidate = population.candidate(edge, task.id);
    const before = eligible.size;
    const verdict = candidate && checkEligibility(candidate, spec.selection, clock.now());
    if (candidate && verdict === null) eligible.add(edge);
    else eligible.delete(edge);
    if (verdict && verdict.criterion !== 'busy') population.note(edge, { reason: `not eligible for ${task.id}: ${verdict.reason}` });
    if (eligible.size !== before && state.phase === 'initialization') post(() => dispatch({ type: 'pool', at: now(), eligible: eligible.size }));
  }

  function draw(count: number): Promise<void> {
    const at = now();
    // How old conditions are is between the check-in's clock and this one, which is the same.
    const decisions = select(population.candidates(task.id), count, spec.selection, clock.now(), house.random.fork(`${task.id}:draw:${state.round}`));
    noteDecisions(decisions, at);
    point('selection-drawn');
    const first = state.assignments.length;
    const chosen = decisions.filter(({ status }) => status === 'chosen').map(({ edge }, i) => ({ id: assignmentIdOf(task.id, state.round, first + i), edge }));
    return dispatch({ type: 'drawn', at, chosen });
  }

  function noteDecisions(decisions: readonly Decision[], at: number): void {
    hand.book.reasons = countReasons(decisions);
    hand.rejections = rejections(keptDecisions(decisions, house.random.fork(`${task.id}:kept:${state.round}`)), at);
    hand.drawReason = decisions.find(({ status }) => status === 'chosen')?.reason ?? '';
    // What has gone stale since it was counted no longer counts; a check-in brings it back.
    for (const { edge, status } of decisions) if (status === 'rejected') eligible.delete(edge);
    talk.tellDecisions(state.round, decisions);
  }

  function offer(position: number): void {
    const assignment = itemAt(state.assignments, position);
    if (!assignment || !isOpen(assignment)) return;
    index.add(assignment, position);
    talk.offer(assignment);
  }

  const onEdgeBack = (edge: EdgeId): void => post(async () => {
    const position = index.openOf(edge);
    if (position === undefined) return;
    await dispatch({ type: 'present', at: now(), index: position });
    // It may never have got the offer, or have forgotten it: an edge that has it goes on with it.
    offer(position);
  });

  const onEdgeAway = (edge: EdgeId): void => post(async () => {
    const position = index.openOf(edge);
    if (position !== undefined) await dispatch({ type: 'absent', at: now(), index: position });
  });

  const intake = createReportIntake({
    task: { id: task.id, layout: task.layout, arena, journaled: spec.privacy.journal },
    store, mailbox, index, point, requireRunning,
    state: () => state,
    hand: () => hand,
    now,
    consider: (event) => step(state, event, policy),
    apply,
    countBytes(bytes) {
      hand.book.bytesUp += bytes;
      bytesUp += bytes;
    },
  });

  // ---- updating -------------------------------------------------------------------------------

  /** Runs beside the mailbox, so that acknowledgements and questions do not wait for it. */
  function startUpdate(round: number): void {
    // A restart whose replay closed the round asks for its update twice: one is at work already.
    if (updatingFor === hand) return;
    const closed = hand;
    updatingFor = closed;
    const next = version.version + 1;
    // What comes when its round is over is no business of the next one.
    const answer = (event: RoundEvent): void => post(async () => (hand === closed ? dispatch(event) : undefined));
    const result = async (): Promise<void> => {
      const updated = await runUpdate({ task, house, round, state: serverState, version: next, merged: closed.accumulator.merged(), point });
      closed.updated = updated;
      answer({ type: 'updated', at: now(), version: next, checkpoint: updated.stored.checkpoint, finish: updated.finish });
    };
    updating = result().catch((thrown: unknown) => {
      const error = toMurmurError(thrown);
      logger.error({ task: task.id, round, code: error.code, err: error }, 'the update failed');
      answer({ type: 'failed', at: now(), reason: `the update failed: ${error.message}` });
    });
  }

  async function onCommitted(round: number, finish: string | null): Promise<void> {
    point('commit-stored');
    const { updated } = hand;
    if (updated) {
      serverState = updated.stored.state;
      version = versionRecord(updated, version.version + 1, round, now());
    }
    await endRound(round);
    talk.announce(version, finish !== null);
    if (finish === null) return;
    halt();
    house.onEnded(task.id, 'finished', finish);
  }

  async function onAborted(round: number, reason: string, stopped: boolean): Promise<void> {
    logger.warn({ task: task.id, round, reason }, stopped ? 'the round was ended' : 'the round was aborted');
    await endRound(round);
  }

  async function endRound(round: number): Promise<void> {
    await hand.segment?.close();
    hand.segment = null;
    await journal.end(task.id, round);
    point('journal-ended');
    const record = await store.getRound(task.id, round);
    if (record) house.onRoundEnded(task.id, liveRound(record, record.version === null ? null : version));
  }

  // ---- life -----------------------------------------------------------------------------------

  async function recover(): Promise<void> {
    const stored = (await store.loadState(task.id)) as RoundState | null;
    if (stored) state = stored;
    index.rebuild(state);
    const recovered = await recoverRound({ task: { ...task, arena }, state, hand, store, journal, merge: (checked, bytes) => intake.merge(checked, bytes), occupy: (edge, id) => population.occupy(edge, id) });
    if (recovered.failure !== null) await dispatch({ type: 'failed', at: now(), reason: recovered.failure });
    if (recovered.reports > 0) logger.info({ task: task.id, round: state.round, phase: state.phase, reports: recovered.reports }, 'resumed the round from its journal');
  }

  return {
    task: task.id,
    view: () => liveTask(task.id, spec, state, version, { bytesUp, bytesDown, startedAt, eligible: eligible.size, running }),
    state: () => state,
    lease: () => lease,
    renewed(next) {
      lease = next;
    },
    async start() {
      running = true;
      resuming = true;
      startedAt = now();
      unlisten = population.listen({ changed: reconsider, connected: onEdgeBack, disconnected: onEdgeAway });
      try {
        await mailbox.run(async () => {
          await recover();
          resuming = false;
          for (const candidate of population.candidates(task.id)) reconsider(candidate.edge);
          await dispatch(state.phase === 'idle' ? { type: 'start', at: now(), version: version.version, checkpoint: version.checkpoint } : { type: 'resumed', at: now() });
          armTimer();
        });
      } catch (thrown) {
        halt();
        throw thrown;
      }
    },
    async stop() {
      // An update is let through: to begin it again at the next start would cost more than to wait.
      await updating;
      await mailbox.idle();
      halt();
      await mailbox.idle();
      await hand.segment?.close();
      hand.segment = null;
    },
    async configured(edge, id) {
      requireRunning();
      const own = index.own(state, edge, id);
      if (own === null || !isOpen(own.assignment)) throw new MurmurError('unknown_assignment', `assignment ${id} is over`);
      population.note(edge, { activity: 'training' });
      await mailbox.run(() => dispatchFor(id, (position, at) => ({ type: 'configured', at, index: position })));
    },
    async withdraw(edge, id, reason) {
      requireRunning();
      const own = index.own(state, edge, id);
      if (own) await mailbox.run(() => dispatchFor(id, (position, at) => ({ type: 'ended', at, index: position, status: 'withdrawn', reason })));
    },
    report: async (edge, id, frame) => ({ outcome: await intake.report(edge, id, frame), comeBackAfterMs: comeBack() }),
    aggregate: (round, frame) => intake.aggregate(round, frame),
    openAssignmentsOf(edge) {
      const assignment = itemAt(state.assignments, index.openOf(edge) ?? -1);
      return assignment && isOpen(assignment) ? [assignment.id] : [];
    },
    requireOwn(edge, id) {
      requireRunning();
      index.own(state, edge, id);
    },
    comeBackAfterMs: comeBack,
    countDownload(bytes) {
      hand.book.bytesDown += bytes;
      bytesDown += bytes;
    },
    async stopTask(reason) {
      await mailbox.run(() => dispatch({ type: 'stop', at: now(), reason }));
      halt();
      await mailbox.idle();
    },
  };
}
