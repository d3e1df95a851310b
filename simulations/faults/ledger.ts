/**
 * What reached the coordinators and what they said of it: by these entries the committed weights are judged. Whatever
 * arrived is written down as it arrived, so that a report that was garbled on its way and taken for right all the same
 * counts as what it then said.
 */
import type { Coordinator } from '../../server/coordinator/coordinator.ts';
import type { TaskDriver } from '../../server/coordinator/driver-house.ts';
import { isMurmurError } from '../../shared/errors.ts';
import type { AssignmentId, EdgeId } from '../../shared/ids.ts';
import type { ReportOutcome } from '../../shared/protocol/messages.ts';
import { decodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import type { Host } from './host.ts';

/** One report or accumulator that a coordinator was given. */
export interface Delivery {
  readonly kind: 'report' | 'accumulator';
  readonly frame: Uint8Array;
  readonly round: number;
  /** The assignment that the message named, or those that the accumulator contains. */
  readonly contains: readonly AssignmentId[];
  /**
   * `open`: the coordinator died or failed before it said anything final, and may have kept it or not.
   * `refused`: it said that it will not have it.
   */
  fate: 'open' | 'refused' | ReportOutcome;
}

export interface Ledger {
  readonly deliveries: readonly Delivery[];
  /** Reports of which a living coordinator said that they are in. */
  readonly acknowledged: ReadonlyMap<AssignmentId, number>;
  /** From which version an assignment starts, as its edge was told first. */
  readonly bases: ReadonlyMap<AssignmentId, number>;
  offered(assignment: AssignmentId, version: number): void;
  readonly violations: readonly string[];
  /** The same coordinator, with whatever its drivers are given written down. */
  watched(coordinator: Coordinator, host: Host): Coordinator;
}

export const roundOf = (assignment: AssignmentId): number => Number(assignment.split('.').at(-2));

/**
 * @param journaled false where a crash costs the round, what was acknowledged in it with the rest
 * @param onReport called for every report that is given to a coordinator
 */
export function createLedger(schema: StatisticSchema, journaled: boolean, onReport: (edge: EdgeId, assignment: AssignmentId, frame: Uint8Array) => void): Ledger {
  const deliveries: Delivery[] = [];
  const acknowledged = new Map<AssignmentId, number>();
  const bases = new Map<AssignmentId, number>();
  const violations: string[] = [];

  function offered(assignment: AssignmentId, version: number): void {
    const before = bases.get(assignment) ?? version;
    if (before !== version) violations.push(`${assignment} was offered from version ${before}, and then from ${version}`);
    bases.set(assignment, before);
  }

  /** Writes down what becomes of a delivery; what a dead process still says nobody hears. */
  async function settle<Reply>(delivery: Delivery, host: Host, asked: Promise<Reply>, outcomeOf: (reply: Reply) => ReportOutcome): Promise<Reply> {
    const wereIn = delivery.contains.filter((id) => acknowledged.has(id));
    try {
      const reply = await asked;
      if (host.state === 'dead') return reply;
      const outcome = outcomeOf(reply);
      delivery.fate = outcome;
      if (journaled && outcome === 'late' && delivery.kind === 'report' && wereIn.length > 0) violations.push(`${wereIn[0]} was acknowledged before and is now answered with late`);
      if (outcome === 'accepted' && wereIn.length > 0) {
        if (journaled) violations.push(`${wereIn[0]} was acknowledged before and is accepted once more`);
        // A crash lost it with its buffer, and the assignment lived on: what was said before may be in or not.
        else for (const earlier of deliveries) if (earlier !== delivery && earlier.fate === 'accepted' && earlier.contains.some((id) => wereIn.includes(id))) earlier.fate = 'open';
      }
      if (outcome !== 'late') for (const id of delivery.contains) acknowledged.set(id, delivery.round);
      return reply;
    } catch (thrown) {
      // What may be tried again may have been done: a disk that failed behind the write, a lease that ran out meanwhile.
      if (host.state !== 'dead' && isMurmurError(thrown) && !thrown.retryable) delivery.fate = 'refused';
      throw thrown;
    }
  }

  function watchedDriver(driver: TaskDriver, host: Host): TaskDriver {
    return {
      ...driver,
      report(edge, assignment, frame) {
        const delivery: Delivery = { kind: 'report', frame, round: roundOf(assignment), contains: [assignment], fate: 'open' };
        deliveries.push(delivery);
        onReport(edge, assignment, frame);
        return settle(delivery, host, driver.report(edge, assignment, frame), ({ outcome }) => outcome);
      },
      aggregate(round, frame) {
        let contains: readonly AssignmentId[] = [];
        try {
          contains = decodeAccumulator(frame, schema).accumulator.contains;
        } catch {
          // Then it is refused: were it taken, the sum would not be explained.
        }
        const delivery: Delivery = { kind: 'accumulator', frame: frame.slice(), round, contains, fate: 'open' };
        deliveries.push(delivery);
        return settle(delivery, host, driver.aggregate(round, frame), (outcome) => outcome);
      },
    };
  }

  return {
    deliveries, acknowledged, bases, offered, violations,
    watched(coordinator, host) {
      const drivers = new WeakMap<TaskDriver, TaskDriver>();
      const watch = (driver: TaskDriver): TaskDriver => {
        const known = drivers.get(driver) ?? watchedDriver(driver, host);
        drivers.set(driver, known);
        return known;
      };
      return { ...coordinator, driver: (task) => watch(coordinator.driver(task)), driverOf: (assignment) => watch(coordinator.driverOf(assignment)) };
    },
  };
}
