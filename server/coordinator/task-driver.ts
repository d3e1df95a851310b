/**
 * Drives one task: gives the round's machine a clock, a store, a journal and a wire.
 *
 * Everything that happens to the task runs through one mailbox, so there is one order of
 * events. What must survive a crash is stored before anything that follows from it leaves:
 * a report is in the journal before it is merged and acknowledged; a phase is in the store
 * before its effects; a commit is blob, then SQL, then the end of the journal segment.
 */
import { sleep } from '../../shared/clock.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { AssignmentId, EdgeId } from '../../shared/ids.ts';
import { createRoundArena } from '../aggregation/round-arena.ts';
import type { Decision } from '../selection/decision.ts';
import { assignmentIdOf } from './assignment-ids.ts';
import { createAssignmentIndex } from './assignment-index.ts';
import { itemAt } from './chunked-list.ts';
import type { DrivenTask, DriverHouse, TaskDriver } from './driver-house.ts';
import { createEdgeTalk } from './edge-talk.ts';
import { liveRound, liveTask } from './live-task.ts';
import { initialState, nextTimer, step } from './machine.ts';
import { createMailbox } from './mailbox.ts';
import { createPacing, type Crowd } from './pacing.ts';
import type { RoundPoint } from './points.ts';
import { policyOf } from './policy.ts';
import { recoverRound } from './recovery.ts';
import { createReportIntake } from './report-intake.ts';
import { createRoundClock } from './round-clock.ts';
import { countReasons, keptDecisions, rejections } from './round-book.ts';
import { takeInHand, type RoundInHand } from './round-in-hand.ts';
import { isOpen, type Assignment, type RoundEffect, type RoundEvent, type RoundState, type Step } from './round-state.ts';
import { rememberedIn, runUpdate, versionRecord } from './server-update.ts';
import { createTaskSelection } from './task-selection.ts';
import { transitionFor } from './transitions.ts';

const NONE: readonly Assignment[] = [];

export function createTaskDriver(task: DrivenTask, house: DriverHouse): TaskDriver {
  const { store, journal, population, clock, logger } = house;
  const { spec, algorithm, schema } = task;
  const arena = createRoundArena(spec, schema);
  const policy = policyOf(spec, algorithm);
  const mailbox = createMailbox();
  const index = createAssignmentIndex(task.id);
  /** What is told again after a crash took no time that could be measured. */
  let replaying = false;

  let { lease, version, serverState, standing } = task;
  let state: RoundState = initialState(version.version, version.checkpoint);
  let hand: RoundInHand = takeInHand(arena);
  let running = false;
  /** While its round is brought back: a report that came now would find neither journal nor sum. */
  let resuming = false;
  let startedAt = clock.now();
  let { bytesUp, bytesDown } = task.totals;
  /** The server half at work; never rejects. */
  let updating: Promise<void> = Promise.resolve();
  /** The round whose update is at work, or was last. */
  let updatingFor: RoundInHand | null = null;
  let unlisten: (() => void) | null = null;

  const longestMs = Math.max(policy.selectionMs, policy.configurationMs + policy.reportingMs, policy.absenceMs, policy.retryLongestMs);
  const times = createRoundClock(clock, longestMs, () => post(async () => {
    await dispatch({ type: 'timer', at: now() });
    // Timers fire early by a hair: then nothing was due yet, and the wait goes on.
    armTimer();
  }));
  const { now } = times;
  const armTimer = (): void => times.arm(running ? nextTimer(state, policy) : null);
  const selection = createTaskSelection({ task, population, random: house.random, now: () => clock.now(), round: () => state.round });

  const point = (name: RoundPoint): void => house.onPoint?.(name, task.id, state.round);
  const pacing = createPacing(spec, policy.asked, house.random);
  const crowd = (): Crowd => ({ eligible: selection.eligible, online: population.online, waiting: state.phase === 'initialization' || state.phase === 'selection' });
  const comeBack = (): number => pacing.comeBackAfter(clock.now(), crowd());
  const talk = createEdgeTalk({
    task, policy, population, clock: { ...clock, now }, random: house.random, comeBackMs: comeBack,
    current: () => ({ version, serverState, stage: state.stage, deadline: state.deadline }),
    postFor: (id, event) => post(() => dispatchFor(id, event)),
  });

  // ---- events in, effects out ---------------------------------------------------------------

  const dispatch = (event: RoundEvent): Promise<void> | void => apply(step(state, event, policy));

  /** For an assignment wherever it stands now: an answer may come when its round is long over, and means no other. */
  function dispatchFor(id: AssignmentId, event: (index: number, at: number) => RoundEvent): Promise<void> | void {
    const position = index.indexOf(id);
    const assignment = position === undefined ? undefined : itemAt(state.assignments, position);
    if (position !== undefined && assignment && isOpen(assignment)) return dispatch(event(position, now()));
  }

  /** A job in the mailbox that nobody waits for. */
  function post(job: () => Promise<void> | void): void {
    mailbox.run(() => (running ? job() : undefined)).catch(fail);
  }

  /** What fails beneath a step fails the task, whoever asked for the step: state and store may disagree now. */
  function apply(taken: Step): Promise<void> | void {
    const failed = (thrown: unknown): never => {
      fail(thrown);
      throw thrown;
    };
    try {
      return takeStep(taken)?.catch(failed);
    } catch (thrown) {
      failed(thrown);
    }
  }

  /** Most steps count one more edge and ask for nothing: they are taken when this returns. */
  function takeStep(taken: Step): Promise<void> | void {
    const before = state;
    if (taken.state === before && taken.effects.length === 0) return;
    state = taken.state;
    const ended = before.open === state.open ? NONE : index.takeEnded(before, state);
    for (const assignment of ended) selection.tracks.ended(assignment, replaying ? null : now());
    const counts = before.phase === state.phase && before.round === state.round && taken.effects.length === 0;
    if (!counts || ended.some(({ status }) => status !== 'reported')) return storeStep(before, taken, ended);
    talk.free(state.round, ended);
    armTimer();
    house.onChange();
  }

  async function storeStep(before: RoundState, taken: Step, ended: readonly Assignment[]): Promise<void> {
    if (before.phase !== state.phase || before.round !== state.round) {
      // A draw is not stored by itself: it is answered at once, and before that nobody was asked for anything.
      const failure = state.phase === 'selection' ? null : await persist(before, taken.effects);
      logger.info({ task: task.id, round: state.round, phase: state.phase, from: before.phase }, 'phase');
      if (failure !== null) return dispatch({ type: 'failed', at: now(), reason: failure });
    } else if (ended.some(({ id, status }) => status !== 'reported' && intake.isOnItsWay(id))) {
      // Its report is being journaled and will be answered `late`: a replay must find that it had ended before.
      await store.saveTransition(lease, { state, tracks: selection.tracks.takeChanged() });
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
    const transition = transitionFor({ before, state, effects, hand, newKey, at: now(), tracks: selection.tracks.takeChanged(), samplerMemory: selection.memory });
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
        pacing.roundBegan(clock.now());
        return point('round-begun');
      case 'count':
        selection.recount();
        return dispatch({ type: 'pool', at: now(), eligible: selection.eligible });
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
    armTimer();
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
    if (selection.reconsider(edge) && state.phase === 'initialization') post(() => dispatch({ type: 'pool', at: now(), eligible: selection.eligible }));
  }

  function draw(count: number): Promise<void> | void {
    const at = now();
    const decisions = selection.draw(count, version.bytes);
    noteDecisions(decisions, at);
    point('selection-drawn');
    const first = state.assignments.length;
    const chosen = decisions.filter(({ status }) => status === 'chosen').map(({ edge }, i) => ({ id: assignmentIdOf(task.id, state.round, first + i), edge }));
    return dispatch({ type: 'drawn', at, chosen });
  }

  function noteDecisions(decisions: readonly Decision[], at: number): void {
    hand.book.reasons = countReasons(decisions);
    hand.rejections = rejections(keptDecisions(decisions, house.random.fork(`${task.id}:kept:${state.round}`)), at);
    // Reasons and facts are put together when they are read: of those who were drawn alone.
    for (const decision of decisions) if (decision.status === 'chosen') hand.drawn.set(decision.edge, { reason: decision.reason, facts: decision.facts });
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
    heardLoss: (edge, loss) => selection.tracks.heard(edge, loss),
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
      const combined = await arena.combined(closed.accumulator, { segment: closed.segment, last: rememberedIn(serverState), pause: () => sleep(clock, 0) });
      const updated = await runUpdate({ task, house, round, state: serverState, version: next, combined, standing, point });
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
      standing = updated.standing;
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
    if (record) house.onRoundEnded(task.id, liveRound(record, record.version === null ? null : version, hand.updated?.evaluation ?? null), record.version === null ? [] : hand.accumulator.contains);
  }

  // ---- life -----------------------------------------------------------------------------------

  async function recover(): Promise<void> {
    const stored = (await store.loadState(task.id)) as RoundState | null;
    if (stored) state = stored;
    index.rebuild(state);
    await selection.load(store);
    replaying = true;
    const recovered = await recoverRound({ task: { ...task, arena }, state, hand, store, journal, merge: (checked, bytes) => intake.merge(checked, bytes), occupy: (edge, id) => population.occupy(edge, id) });
    replaying = false;
    if (recovered.failure !== null) await dispatch({ type: 'failed', at: now(), reason: recovered.failure });
    if (recovered.reports > 0) logger.info({ task: task.id, round: state.round, phase: state.phase, reports: recovered.reports }, 'resumed the round from its journal');
  }

  return {
    task: task.id,
    view: () => liveTask(task.id, spec, state, version, { bytesUp, bytesDown, startedAt, eligible: selection.eligible, running, best: standing.best?.version ?? null }),
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
        // Whoever starts the task next opens its journal anew.
        await hand.segment?.close().catch(() => undefined);
        hand.segment = null;
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
    comeBackAfterMs: () => pacing.checkedIn(clock.now(), crowd()),
    offers: (digest) => digest === state.checkpoint || (task.algorithm.needs.serverVectors === true && digest === version.serverState),
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
