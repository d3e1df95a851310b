/**
 * One device of a simulated fleet, as it is at any virtual instant. Instants are milliseconds of the virtual clock and are
 * asked for in the order in which they come; the same seed and the same questions give the same answers.
 */
import type { Capabilities, Conditions } from '../../shared/task/conditions.ts';

/** What lies between the device and the coordinator. */
export interface LinkQuality {
  /** One way. Milliseconds. */
  readonly latencyMs: number;
  /** Megabits a second. */
  readonly uplink: number;
  readonly downlink: number;
  /** Fraction of messages that have to be sent a second time, in [0, 1): each costs a retransmission's delay. */
  readonly loss: number;
}

/** What an edge did, for its battery. */
export interface Effort {
  readonly trainingMs: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface SimulatedDevice {
  /** `phone-low`, `laptop`, …: for strata and reports. */
  readonly deviceClass: string;
  readonly capabilities: Capabilities;
  /** Reachable: switched on, with a network, its owner willing. */
  isAvailable(at: number): boolean;
  /**
   * When that changes next, a whole millisecond; Infinity: never. Always later than `at`, a week ahead at the most: where
   * nothing changes within it, ask again then. What the device spends meanwhile can only bring it nearer or further: ask after it.
   */
  nextChange(at: number): number;
  /** What it says of itself now. */
  conditions(at: number): Conditions;
  link(at: number): LinkQuality;
  /** Milliseconds that so many training steps take now, each `cost` times as much work as a step of the reference model. */
  trainingMs(at: number, steps: number, cost: number): number;
  /** Takes the energy that this cost out of the battery. */
  spend(at: number, effort: Effort): void;
}
