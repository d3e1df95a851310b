/**
 * Takes reports in: checked whole, journaled, merged, answered, in that order. A report is
 * known by its assignment, so that repeats and latecomers change nothing.
 */
import { MurmurError, toMurmurError, type ErrorCode } from '../../shared/errors.ts';
import type { AssignmentId, EdgeId, TaskId } from '../../shared/ids.ts';
import type { ReportOutcome } from '../../shared/protocol/messages.ts';
import type { Statistic } from '../../shared/statistics/statistic.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { RoundArena } from '../aggregation/round-arena.ts';
import type { Store } from '../storage/store.ts';
import { parseAssignmentId } from './assignment-ids.ts';
import type { AssignmentIndex } from './assignment-index.ts';
import { itemAt } from './chunked-list.ts';
import { decodeAggregate, decodeEdgeReport, type CheckedContribution } from './contributions.ts';
import type { Mailbox } from './mailbox.ts';
import type { RoundPoint } from './points.ts';
import type { RoundInHand } from './round-in-hand.ts';
import { isOpen, type Assignment, type RoundEvent, type RoundState, type Step } from './round-state.ts';

export interface IntakeHouse {
  readonly task: { readonly id: TaskId; readonly layout: Layout; readonly arena: RoundArena; readonly journaled: boolean };
  readonly store: Pick<Store, 'listParticipations' | 'newestParticipation'>;
  readonly mailbox: Mailbox;
  readonly index: AssignmentIndex;
  readonly state: () => RoundState;
  /** Where a report that counts goes now. */
  readonly hand: () => RoundInHand;
  /** Null with a barrier: a report that comes when its round is over comes too late. */
  readonly buffers: BufferIntake | null;
  readonly now: () => number;
  /** The machine's answer to an event, not yet applied. */
  readonly consider: (event: RoundEvent) => Step;
  readonly apply: (step: Step) => Promise<void> | void;
  /** Throws while the task does not run. */
  readonly requireRunning: () => void;
  readonly countBytes: (bytes: number) => void;
  /** The mean training loss of a report that counts. */
  readonly heardLoss: (edge: EdgeId, loss: number) => void;
  /** One edge's statistic, of a report that counts; it is gone when this returns. */
  readonly merged: (edge: EdgeId, statistic: Statistic) => void;
  /** What was wrong with a report. */
  readonly refused: (edge: EdgeId, code: ErrorCode) => void;
  readonly point: (name: RoundPoint) => void;
}

/** Without a barrier a report counts in whichever buffer is open, weighed by its staleness. */
export interface BufferIntake {
  readonly factor: (staleness: number) => number;
  /** Opens the journal of the buffer that fills, where that has failed before. @throws storage_failed: to be tried again */
  readonly openSegment: () => Promise<void>;
}

export interface ReportIntake {
  /** @throws the code of what is wrong with it; then nothing has changed */
  report(edge: EdgeId, id: AssignmentId, frame: Uint8Array): Promise<ReportOutcome>;
  aggregate(round: number, frame: Uint8Array): Promise<ReportOutcome>;
  /** Whether a report for this assignment is being journaled now. */
  isOnItsWay(id: AssignmentId): boolean;
  /** In the mailbox, live and on replay alike: the machine decides whether it still counts. */
  merge(checked: CheckedContribution, bytes: number): Promise<ReportOutcome> | ReportOutcome;
}

const outcomeOf = (assignment: Assignment | undefined): ReportOutcome => (assignment?.status === 'reported' ? 'duplicate' : 'late');

export function createReportIntake(house: IntakeHouse): ReportIntake {
  const { task, index, mailbox, point } = house;
  /** Being journaled now: a repeat waits for the first instead of being journaled, too. */
  const inFlight = new Map<AssignmentId, Promise<ReportOutcome>>();

  async function report(edge: EdgeId, id: AssignmentId, frame: Uint8Array): Promise<ReportOutcome> {
    house.requireRunning();
    const own = index.own(house.state(), edge, id);
    if (own === null) return pastOutcome(edge, id);
    if (!isOpen(own.assignment)) return outcomeOf(own.assignment);
    const first = inFlight.get(id);
    if (first) {
      const outcome = await first;
      return outcome === 'accepted' ? 'duplicate' : outcome;
    }
    const checked = check(edge, id, frame);
    point('report-checked');
    return takeIn(checked, frame);
  }

  function check(edge: EdgeId, id: AssignmentId, frame: Uint8Array): CheckedContribution {
    try {
      return decodeEdgeReport(frame, id, task.layout.digest, task.arena);
    } catch (thrown) {
      house.refused(edge, toMurmurError(thrown).code);
      throw thrown;
    }
  }

  /** While it is on its way, nothing else that contains the same assignments is taken in. */
  function takeIn(checked: CheckedContribution, frame: Uint8Array): Promise<ReportOutcome> {
    const merging = journalAndMerge(checked, frame);
    for (const id of checked.contains) inFlight.set(id, merging);
    return merging;
  }

  /** Of an earlier round: the store remembers what became of it. */
  async function pastOutcome(edge: EdgeId, id: AssignmentId): Promise<ReportOutcome> {
    const round = parseAssignmentId(id)?.round ?? 0;
    const record = (await house.store.listParticipations(task.id, round)).find((one) => one.assignment === id);
    if (!record) throw new MurmurError('unknown_assignment', `assignment ${id} was never issued`);
    if (record.edge !== edge) throw new MurmurError('not_selected', `assignment ${id} was given to another edge`);
    // Without a barrier, what became of an assignment is written down in the round in which it ended.
    const last = house.buffers === null || record.status === 'reported' ? record : ((await house.store.newestParticipation(task.id, edge, id)) ?? record);
    return last.status === 'reported' ? 'duplicate' : 'late';
  }

  async function aggregate(round: number, frame: Uint8Array): Promise<ReportOutcome> {
    house.requireRunning();
    if (task.arena.refusesSums !== null) throw new MurmurError('incompatible', task.arena.refusesSums);
    if (house.buffers !== null) throw new MurmurError('incompatible', `task ${task.id} weighs each report by its staleness, which an accumulator does not tell; its edges report to the coordinator itself`);
    const checked = decodeAggregate(frame, task.layout.digest, task.arena.schema);
    await othersOnTheirWay(checked);
    if (round !== house.state().round) throw new MurmurError('wrong_round', `the accumulator is of round ${round}, round ${house.state().round} is under way`);
    const over = overAmong(checked);
    // What is journaled may count after a crash, which forgets that an assignment was over: none of it may be in there.
    if (over !== null) return over;
    point('report-checked');
    return takeIn(checked, frame);
  }

  /** Of what is being journaled it is not known yet whether it will count: an answer now could lose it for both who hold it. */
  async function othersOnTheirWay({ contains }: CheckedContribution): Promise<void> {
    for (;;) {
      const merging = contains.flatMap((id) => inFlight.get(id) ?? []);
      if (merging.length === 0) return;
      await Promise.allSettled(merging);
    }
  }

  /**
   * An accumulator cannot be taken apart: whoever forwards it must leave out what was counted already, and what no longer counts.
   * @returns what becomes of one of which nothing counts any more; null: all of it does
   */
  function overAmong({ contains }: CheckedContribution): ReportOutcome | null {
    const unknown = contains.filter((id) => index.indexOf(id) === undefined);
    if (unknown.length > 0) throw new MurmurError('unknown_assignment', `assignment ${unknown[0]} is none of this round's`, { details: { assignments: unknown } });
    const counted = contains.filter((id) => house.hand().accumulator.has(id));
    if (counted.length > 0) {
      throw new MurmurError('overlapping_assignments', `${counted.length} of the accumulator's assignments were counted already; forward one without them`, { details: { assignments: counted } });
    }
    const over = contains.filter((id) => {
      const assignment = itemAt(house.state().assignments, index.indexOf(id) ?? -1);
      return !assignment || !isOpen(assignment);
    });
    if (over.length === 0) return null;
    if (over.length < contains.length) {
      throw new MurmurError('unknown_assignment', `${over.length} of the accumulator's assignments are over, ${over[0]} among them; forward one without them`, { details: { assignments: over } });
    }
    return outcomeOf(itemAt(house.state().assignments, index.indexOf(over[0]) ?? -1));
  }

  /** One function for all of it: a promise more costs a thousand at each round. */
  async function journalAndMerge(checked: CheckedContribution, frame: Uint8Array): Promise<ReportOutcome> {
    try {
      // Not before its caller has noted that it is on its way.
      await Promise.resolve();
      for (;;) {
        const hand = house.hand();
        if (task.journaled) {
          if (hand.segment === null) {
            if (house.buffers === null) return 'late';
            await house.buffers.openSegment();
            continue;
          }
          await hand.segment.append([frame]);
          point('report-journaled');
        }
        const outcome = await mailbox.run(() => {
          house.requireRunning();
          // Its buffer closed while it was being journaled: it counts in the next one, and must be in that one's journal.
          return house.buffers !== null && house.hand() !== hand ? null : merge(checked, frame.byteLength);
        });
        if (outcome !== null) return outcome;
      }
    } finally {
      for (const id of checked.contains) inFlight.delete(id);
      checked.release();
    }
  }

  function merge(checked: CheckedContribution, bytes: number): Promise<ReportOutcome> | ReportOutcome {
    const reports = checked.contains.map((id) => ({ index: index.indexOf(id) ?? -1, examples: checked.examples }));
    const before = house.state();
    const taken = house.consider({ type: 'reported', at: house.now(), reports });
    if (taken.state === before) return outcomeOf(itemAt(before.assignments, reports[0]?.index ?? -1));
    const reporting = itemAt(taken.state.assignments, reports[0]?.index ?? -1);
    const factor = reporting?.counted === undefined ? 1 : (house.buffers?.factor(reporting.counted.staleness) ?? 1);
    checked.mergeInto(house.hand().accumulator, factor);
    house.countBytes(bytes);
    if (checked.loss !== null && reporting) house.heardLoss(reporting.edge, checked.loss);
    if (checked.statistic !== null && reporting) house.merged(reporting.edge, checked.statistic);
    point('report-merged');
    const applied = house.apply(taken);
    return applied ? applied.then(() => 'accepted') : 'accepted';
  }

  return { report, aggregate, merge, isOnItsWay: (id) => inFlight.has(id) };
}
