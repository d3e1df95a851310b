/**
 * A device of a fleet: its class's traits with its own draws, its life by the rhythms, or by a trace where there is one.
 * A class, not closures: a hundred thousand of them share their methods and keep some hundred bytes each.
 */
import type { Capabilities, Conditions } from '../../shared/task/conditions.ts';
import type { Effort, LinkQuality, SimulatedDevice } from './device.ts';
import type { Availability, DeviceClass } from './device-class.ts';
import { drawAt, exponentialAt, uniformAt } from './draws.ts';
import type { FleetSpec } from './fleet-spec.ts';
import { loadAt, loadedMs } from './load.ts';
import { effectiveTypeOf, lineAt, radioJoules, type Line } from './network.ts';
import { HOUR_MS } from './rhythm.ts';
import { STREAMS } from './streams.ts';
import { indexAt, isOnAt, nextTimeAfter, type DeviceTrace } from './trace.ts';
import { advance, copyWalk, drain, levelAt, nextStep, startWalk, type Life, type Walk } from './walk.ts';

const DAY_MS = 24 * HOUR_MS;
/** How far a device looks ahead for its next change. */
export const HORIZON_MS = 7 * DAY_MS;

export interface DeviceOptions {
  readonly seed: number;
  readonly spec: FleetSpec;
  readonly traits: DeviceClass;
  readonly region: FleetSpec['regions'][number];
  readonly trace: DeviceTrace | null;
  readonly periodMs: number;
  /** Where looking ahead happens; devices may share it. */
  readonly ahead: Walk;
}

export class FleetDevice implements SimulatedDevice, Life {
  readonly seed: number;
  readonly spec: FleetSpec;
  readonly traits: DeviceClass;
  readonly utcOffsetMinutes: number;
  readonly eagerness: number;
  readonly capabilities: Capabilities;
  readonly #trace: DeviceTrace | null;
  readonly #periodMs: number;
  readonly #ahead: Walk;
  readonly #arrives: number;
  readonly #leaves: number;
  /** Null until somebody asks. */
  #walk: Walk | null = null;
  /** What `nextChange` said last; 0: it has to look again. */
  #change = 0;

  constructor({ seed, spec, traits, region, trace, periodMs, ahead }: DeviceOptions) {
    this.seed = seed;
    this.spec = spec;
    this.traits = traits;
    this.#trace = trace;
    this.#periodMs = periodMs;
    this.#ahead = ahead;
    this.utcOffsetMinutes = trace?.utcOffsetMinutes ?? region.utcOffsetMinutes;
    const { availability } = this;
    this.eagerness = availability === 'always' ? 1 : 1 + availability.spread * (2 * uniformAt(seed, STREAMS.eagerness, 0) - 1);
    const factor = spec.speedSpread ** (uniformAt(seed, STREAMS.spread, 0) - 0.5);
    const stepsPerSecond = trace?.stepsPerSecond ?? factor * drawAt(traits.stepsPerSecond, seed, STREAMS.speed);
    this.capabilities = { platform: 'simulated', backend: traits.backend, stepsPerSecond, region: region.name };
    const { lateShare, arrivalsPerDay, departuresPerDay } = spec.churn;
    const late = uniformAt(seed, STREAMS.late, 0) < lateShare;
    this.#arrives = late ? Math.ceil((DAY_MS / arrivalsPerDay) * exponentialAt(seed, STREAMS.arrival, 0)) : 0;
    this.#leaves = departuresPerDay === 0 ? Infinity : this.#arrives + Math.ceil((DAY_MS / departuresPerDay) * exponentialAt(seed, STREAMS.departure, 0));
  }

  get deviceClass(): string {
    return this.traits.name;
  }

  get availability(): Availability {
    return this.spec.availability ?? this.traits.availability;
  }

  isAvailable(at: number): boolean {
    return this.#isAvailableIn(this.#walkTo(at), at);
  }

  nextChange(at: number): number {
    if (at < this.#change) return this.#change;
    if (at >= this.#leaves) return Infinity;
    const available = this.isAvailable(at);
    const walk = this.#ahead;
    copyWalk(this.#walkTo(at), walk);
    const end = Math.floor(at) + HORIZON_MS;
    let next = at;
    do {
      next = this.#nextStepAfter(walk, next);
      // Whoever leaves while he is not there has left for good already.
      if (next === Infinity || (next === this.#leaves && !available)) return Infinity;
      if (next > end) next = end;
      advance(walk, this, next);
    } while (next < end && this.#isAvailableIn(walk, next) === available);
    this.#change = next;
    return next;
  }

  conditions(at: number): Conditions {
    const walk = this.#walkTo(at);
    const line = this.#lineAt(walk, at);
    const load = loadAt(this, at);
    const roundTripMs = 2 * line.latencyMs;
    const offline = line.type === 'offline';
    const { battery, charging } = this.#powerAt(walk, at);
    // Written out: spreading one object into another first takes fifty times as long as all of this.
    return {
      battery,
      charging,
      network: line.type,
      metered: line.metered,
      downlink: offline ? 0 : line.downlink,
      roundTripMs: offline ? 'unknown' : roundTripMs,
      effectiveType: offline ? 'unknown' : effectiveTypeOf(roundTripMs, line.downlink),
      saveData: false,
      // Whoever uses it looks at something else: the page or the agent is in the background.
      visibility: 'hidden',
      idle: load === 0,
      freeMemoryMiB: (1 - load) * (this.#trace?.memoryMiB ?? drawAt(this.traits.memoryMiB, this.seed, STREAMS.memory)),
      load,
      utcOffsetMinutes: this.utcOffsetMinutes,
    };
  }

  link(at: number): LinkQuality {
    const { latencyMs, uplink, downlink, loss } = this.#lineAt(this.#walkTo(at), at);
    return { latencyMs, uplink, downlink, loss };
  }

  trainingMs(at: number, steps: number, cost: number): number {
    return loadedMs(this, at, (1000 * steps * cost) / (this.capabilities.stepsPerSecond ?? 0));
  }

  spend(at: number, { trainingMs, bytesUp, bytesDown }: Effort): void {
    const { battery } = this.traits;
    if (battery === null || this.#trace?.battery) return;
    const walk = this.#walkTo(at);
    drain(walk, this, at, (battery.trainingWatts * trainingMs) / 1000 + radioJoules(this.#lineAt(walk, at), bytesUp, bytesDown));
    this.#change = 0;
  }

  #walkTo(at: number): Walk {
    this.#walk ??= startWalk(this, this.traits.battery === null ? 1 : Math.min(1, drawAt(this.traits.battery.start, this.seed, STREAMS.level)));
    advance(this.#walk, this, at);
    return this.#walk;
  }

  #isAvailableIn(walk: Walk, at: number): boolean {
    if (at < this.#arrives || at >= this.#leaves) return false;
    const trace = this.#trace;
    if (!(trace?.availability ? isOnAt(trace.availability, at, this.#periodMs) : walk.willing)) return false;
    if (!(trace?.battery ? trace.battery.levels[indexAt(trace.battery.times, at, this.#periodMs)] > 0 : walk.powered)) return false;
    return !trace?.network || trace.network.lines[indexAt(trace.network.times, at, this.#periodMs)].type !== 'offline';
  }

  /** The next instant after `at` at which anything may change that availability rests on. */
  #nextStepAfter(walk: Walk, at: number): number {
    const trace = this.#trace;
    let next = nextStep(walk, this);
    for (const times of [trace?.availability, trace?.battery?.times, trace?.network?.times]) {
      if (times) next = Math.min(next, nextTimeAfter(times, at, this.#periodMs));
    }
    if (at < this.#arrives) next = Math.min(next, this.#arrives);
    return Math.min(next, this.#leaves);
  }

  #powerAt(walk: Walk, at: number): Pick<Conditions, 'battery' | 'charging'> {
    const traced = this.#trace?.battery;
    if (traced) {
      const index = indexAt(traced.times, at, this.#periodMs);
      return { battery: traced.levels[index], charging: traced.charging[index] };
    }
    // As for real machines: one without a battery runs on the mains.
    if (this.traits.battery === null) return { battery: 'none', charging: true };
    return { battery: levelAt(walk, this, at), charging: walk.plugged };
  }

  #lineAt(walk: Walk, at: number): Line {
    const traced = this.#trace?.network;
    if (traced) return traced.lines[indexAt(traced.times, at, this.#periodMs)];
    const { home, away } = this.traits.network;
    return walk.atHome || away === null ? lineAt(home, 'home', this.seed, at) : lineAt(away, 'away', this.seed, at);
  }
}
