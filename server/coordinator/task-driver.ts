/**
 * Drives one task: gives the round's machine a clock, a store, a journal and a wire.
 *
 * Everything that happens to the task runs through one mailbox, so there is one order of
 * events. What must survive a crash is stored before anything that follows from it leaves:
 * a report is in the journal before it is merged and acknowledged; a phase is in the store
 * before its effects; a commit is blob, then SQL, then the end of the journal segment.
 */
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { AssignmentId, EdgeId } from '../../shared/ids.ts';
import { localRateOf } from '../../shared/algorithms/learning-rate.ts';
import { createRoundArena } from '../aggregation/create-round-arena.ts';
import { createDiagnosis } from '../diagnosis/diagnosis.ts';
import { createAssignmentIndex } from './assignment-index.ts';
import { wantsEdges } from './buffer-machine.ts';
import { isStored } from './buffer-records.ts';
import { closedRound, recoverBuffers } from './buffer-recovery.ts';
import { itemAt } from './chunked-list.ts';
import type { DrivenTask, DriverHouse, TaskDriver } from './driver-house.ts';
import type { CheckedContribution } from './contributions.ts';
import { createEdgeTalk } from './edge-talk.ts';
import { liveTask } from './live-task.ts';
import { initialState, nextTimer, step } from './machine.ts';
import { createMailbox } from './mailbox.ts';
import { createModelLine } from './model-line.ts';
import { createPacing, type Crowd } from './pacing.ts';
import type { RoundPoint } from './points.ts';
import { policyOf, stalenessFactorOf } from './policy.ts';
import { recoverRound, type Recovered, type RecoveryInput } from './recovery.ts';
import { createReportIntake } from './report-intake.ts';
import { createRoundClock } from './round-clock.ts';
import { createRoundsInHand } from './round-in-hand.ts';
import { createRoundEnding } from './round-ending.ts';
import { createRoundStoring } from './round-storing.ts';
import { isOpen, type Assignment, type RoundEffect, type RoundEvent, type RoundState, type Step } from './round-state.ts';
import { createTaskOffers } from './task-offers.ts';
import { createTaskSelection } from './task-selection.ts';
import { createUpdateAtWork } from './update-at-work.ts';

const NONE: readonly Assignment[] = [];

export function createTaskDriver(task: DrivenTask, house: DriverHouse): TaskDriver {
  const { store, journal, population, clock, logger } = house;
  const { spec, algorithm, schema } = task;
  const arena = createRoundArena(spec, schema);
  const policy = policyOf(spec, algorithm, task.config);
  const mailbox = createMailbox();
  const index = createAssignmentIndex(task.id);
  /** What is told again after a crash took no time that could be measured. */
  let replaying = false;

  let { lease } = task;
  const line = createModelLine(task, policy.mostStaleness);
  let state: RoundState = initialState(line.version.version, line.version.checkpoint);
  const hands = createRoundsInHand(arena, state.round);
  let running = false;
  /** While its round is brought back: a report that came now would find neither journal nor sum. */
  let resuming = false;
  let startedAt = clock.now();
  let { bytesUp, bytesDown } = task.totals;
  let unlisten: (() => void) | null = null;
  /** Ends of rounds that nobody has heard of yet. */
  const toTell: (() => void)[] = [];
  /** Why the task is finished, once it is. */
  let finished: string | null = null;

  const longestMs = Math.max(policy.selectionMs, policy.configurationMs + policy.reportingMs, policy.absenceMs, policy.retryLongestMs);
  const times = createRoundClock(clock, longestMs, () => post(async () => {
    await dispatch({ type: 'timer', at: now() });
    // Timers fire early by a hair: then nothing was due yet, and the wait goes on.
    armTimer();
  }));
  const { now } = times;
  const armTimer = (): void => times.arm(running ? nextTimer(state, policy) : null);
  const selection = createTaskSelection({ task, population, random: house.random, now: () => clock.now(), round: () => state.round, onceACheckIn: !policy.barrier });

  const diagnosis = createDiagnosis({
    task, fields: schema.fields, logger,
    labelsOf: (edge) => population.candidate(edge, task.id)?.labels ?? null,
    learningRate: (round) => localRateOf(spec.algorithm, round),
  });

  const point = (name: RoundPoint): void => house.onPoint?.(name, task.id, state.round);
  const pacing = createPacing(spec, policy.asked, house.random);
  const lacksEdges = (): boolean => (policy.barrier ? state.phase === 'initialization' : wantsEdges(state, policy));
  const crowd = (): Crowd => ({ eligible: selection.eligible, online: population.online, waiting: lacksEdges() || state.phase === 'selection' });
  const comeBack = (): number => pacing.comeBackAfter(clock.now(), crowd());
  const talk = createEdgeTalk({
    task, policy, population, clock: { ...clock, now }, random: house.random, comeBackMs: comeBack,
    current: () => ({ serverState: line.serverState, stage: state.stage, deadline: state.deadline }),
    baseOf: line.baseOf,
    postFor: (id, event) => post(() => dispatchFor(id, event)),
  });

  const offers = createTaskOffers({
    task, policy, store, random: house.random, selection, index, talk,
    state: () => state, hand: () => hands.filling, modelBytes: () => line.version.bytes,
  });

  const storing = createRoundStoring({
    task, house, policy, selection, point, now,
    current: { state: () => state, lease: () => lease, hand: () => hands.filling, closing: () => hands.closing, handOf: hands.of },
  });

  const ending = createRoundEnding({ task, house, diagnosis, point, lease: () => lease, state: () => state });

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
    const moved = taken.effects.some(({ type }) => type === 'moved');
    if (moved) index.rebuild(state);
    const ended = moved || before.open === state.open ? NONE : index.takeEnded(before, state);
    for (const assignment of ended) {
      selection.tracks.ended(assignment, replaying ? null : now());
      selection.ended(assignment.edge);
      diagnosis.ended(assignment);
    }
    const counts = before.phase === state.phase && before.round === state.round && taken.effects.length === 0;
    if (!counts || ended.some(({ status }) => status !== 'reported')) return storeStep(before, taken, ended);
    talk.free(state.round, ended);
    armTimer();
    house.onChange();
  }

  async function storeStep(before: RoundState, taken: Step, ended: readonly Assignment[]): Promise<void> {
    if (before.phase !== state.phase || before.round !== state.round || (!policy.barrier && isStored(taken.effects))) {
      // A draw is not stored by itself: it is answered at once, and before that nobody was asked for anything.
      const failure = state.phase === 'selection' ? null : await storing.persist(before, taken.effects);
      if (before.phase !== state.phase) logger.info({ task: task.id, round: state.round, phase: state.phase, from: before.phase }, 'phase');
      if (failure !== null) return dispatch({ type: 'failed', at: now(), reason: failure });
    } else if (ended.some(({ id, status }) => status !== 'reported' && intake.isOnItsWay(id))) {
      // Its report is being journaled and will be answered `late`: a replay must find that it had ended before.
      await store.saveTransition(lease, { state, tracks: selection.tracks.takeChanged() });
    }
    talk.free(state.round, ended);
    for (const effect of taken.effects) await carryOut(effect);
    // Whoever hears of an end may look at what it left: nothing of this step is under way any more.
    for (const tell of toTell.splice(0)) tell();
    if (finished !== null && running) {
      halt();
      house.onEnded(task.id, 'finished', finished);
    }
    armTimer();
    house.onChange();
  }

  async function carryOut(effect: RoundEffect): Promise<void> {
    switch (effect.type) {
      case 'begin':
        hands.begin(effect.round);
        index.rebuild(state);
        pacing.roundBegan(clock.now());
        // Where it cannot be opened now, the first report to need it tries again.
        if (!policy.barrier) await storing.openSegment().catch(() => undefined);
        return point('round-begun');
      case 'moved':
        return;
      case 'count':
        // Nobody is asked before the rounds are as they were.
        if (resuming) return;
        selection.recount();
        return dispatch({ type: 'pool', at: now(), eligible: selection.eligible });
      case 'draw':
        return draw(effect.count);
      case 'offer':
        point('assignments-stored');
        await offers.offer(effect.indices);
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
        return updates.begin(effect.round);
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
    if (selection.reconsider(edge) && lacksEdges()) post(() => dispatch({ type: 'pool', at: now(), eligible: selection.eligible }));
  }

  function draw(count: number): Promise<void> | void {
    const drawn = offers.draw(count, now());
    point('selection-drawn');
    return dispatch(drawn);
  }

  const onEdgeBack = (edge: EdgeId): void => post(async () => {
    const position = index.openOf(edge);
    if (position === undefined) return;
    await dispatch({ type: 'present', at: now(), index: position });
    // It may never have got the offer, or have forgotten it: an edge that has it goes on with it.
    await offers.offer([position]);
  });

  const onEdgeAway = (edge: EdgeId): void => post(async () => {
    const position = index.openOf(edge);
    if (position !== undefined) await dispatch({ type: 'absent', at: now(), index: position });
  });

  const intake = createReportIntake({
    task: { id: task.id, layout: task.layout, arena, journaled: spec.privacy.journal },
    store, mailbox, index, point, requireRunning,
    state: () => state,
    hand: () => hands.filling,
    buffers: policy.barrier ? null : {
      factor: stalenessFactorOf(algorithm, task.config),
      openSegment: () => mailbox.run(() => {
        requireRunning();
        return storing.openSegment();
      }),
    },
    now,
    consider: (event) => step(state, event, policy),
    apply,
    countBytes(bytes) {
      hands.filling.book.bytesUp += bytes;
      bytesUp += bytes;
    },
    heardLoss: (edge, loss) => selection.tracks.heard(edge, loss),
    merged: diagnosis.merged,
    refused: diagnosis.refused,
  });

  // ---- updating -------------------------------------------------------------------------------

  const updates = createUpdateAtWork({
    task, house, arena, point, now, handOf: hands.of,
    base: () => ({ state, serverState: line.serverState, standing: line.standing, version: line.version.version, committed: line.committed }),
    onBegun(closed) {
      if (!policy.barrier) hands.setAside(closed);
    },
    // What comes when its round is over is no business of the next one.
    answer: (closed, event) => post(async () => (hands.of(closed.round) === closed ? dispatch(event) : undefined)),
  });

  async function onCommitted(round: number, finish: string | null): Promise<void> {
    point('commit-stored');
    const { updated } = hands.of(round);
    if (updated) {
      diagnosis.stepped(line.serverState.parameters, updated.stored.state.parameters);
      line.advance(updated, round, now());
    }
    await endRound(round);
    talk.announce(line.version, finish !== null);
    finished = finish;
  }

  async function onAborted(round: number, reason: string, stopped: boolean): Promise<void> {
    logger.warn({ task: task.id, round, reason }, stopped ? 'the round was ended' : 'the round was aborted');
    await endRound(round);
  }

  async function endRound(round: number): Promise<void> {
    const ended = hands.takeBack(round);
    const tell = await ending.finish(round, ended, line.version);
    if (tell !== null) toTell.push(tell);
    hands.release(ended);
  }

  // ---- life -----------------------------------------------------------------------------------

  async function recover(): Promise<void> {
    const stored = (await store.loadState(task.id)) as RoundState | null;
    if (stored) state = stored;
    index.rebuild(state);
    await selection.load(store);
    await diagnosis.load(store);
    hands.takeUp(state.round, policy.barrier ? null : closedRound(state));
    await line.load(store, state);
    replaying = true;
    const common = {
      task: { ...task, arena }, state, store, journal,
      merge: (checked: CheckedContribution, bytes: number) => intake.merge(checked, bytes),
      merged: diagnosis.merged,
      occupy: (edge: EdgeId, id: AssignmentId) => population.occupy(edge, id),
    };
    const { failures, reports } = policy.barrier ? await recoverRound({ ...common, hand: hands.filling }) : await recoverOpenBuffers(common);
    replaying = false;
    for (const { round, reason } of failures) await dispatch({ type: 'failed', at: now(), round, reason });
    if (reports > 0) logger.info({ task: task.id, round: state.round, phase: state.phase, reports }, 'resumed the round from its journal');
  }

  function recoverOpenBuffers(common: Omit<RecoveryInput, 'hand'>): Promise<Recovered> {
    const { filling, closing } = hands;
    return recoverBuffers({ ...common, filling, closing, factor: stalenessFactorOf(algorithm, task.config), stillFilling: () => hands.filling === filling });
  }

  return {
    task: task.id,
    view: () => liveTask(task.id, spec, state, line.version, { concurrency: policy.barrier ? null : policy.asked, bytesUp, bytesDown, startedAt, eligible: selection.eligible, running, best: line.standing.best?.version ?? null }),
    state: () => state,
    findings: diagnosis.findings,
    history: diagnosis.history,
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
          await dispatch(state.phase === 'idle' ? { type: 'start', at: now(), version: line.version.version, checkpoint: line.version.checkpoint } : { type: 'resumed', at: now() });
          armTimer();
        });
      } catch (thrown) {
        halt();
        // Whoever starts the task next opens its journals anew.
        await storing.closeSegments().catch(() => undefined);
        throw thrown;
      }
    },
    async stop() {
      // An update is let through: to begin it again at the next start would cost more than to wait.
      await updates.settled();
      await mailbox.idle();
      halt();
      await mailbox.idle();
      await storing.closeSegments();
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
    offers: (digest) => digest === state.checkpoint || line.offers(digest),
    countDownload(bytes) {
      hands.filling.book.bytesDown += bytes;
      bytesDown += bytes;
    },
    async stopTask(reason) {
      await mailbox.run(() => dispatch({ type: 'stop', at: now(), reason }));
      halt();
      await mailbox.idle();
    },
  };
}
