/**
 * How a device's state moves on: from one draw of its rhythms to the next, and its battery between them. All changes fall on
 * whole milliseconds and depend on nothing that was asked in between, so that looking ahead and living through give the same.
 */
import type { Availability, Battery, DeviceClass } from './device-class.ts';
import { exponentialAt, uniformAt } from './draws.ts';
import type { FleetSpec } from './fleet-spec.ts';
import { drawnShareAt, phaseAt, shareAt, type Rhythm } from './rhythm.ts';
import { STREAMS } from './streams.ts';

/** What decides a device's life; none of it changes. */
export interface Life {
  readonly seed: number;
  readonly spec: FleetSpec;
  readonly traits: DeviceClass;
  readonly availability: Availability;
  /** This device's factor on the shares of its class's availability. */
  readonly eagerness: number;
  readonly utcOffsetMinutes: number;
}

/** Where it stands. */
export interface Walk {
  /** Draws so far. */
  draws: number;
  /** When the next one comes; Infinity where nothing follows a rhythm. */
  nextDraw: number;
  willing: boolean;
  plugged: boolean;
  atHome: boolean;
  /** Not out of battery. */
  powered: boolean;
  /** Battery's level, in [0, 1], at `since`; the slope holds until the next change. */
  level: number;
  since: number;
}

const MINUTE_MS = 60_000;
const WATT_HOUR_MS = 3_600_000;

export function startWalk(life: Life, startLevel: number): Walk {
  const walk: Walk = { draws: 0, nextDraw: 0, willing: true, plugged: true, atHome: true, powered: true, level: startLevel, since: 0 };
  draw(walk, life, 0);
  if (walk.level === 0) walk.powered = false;
  return walk;
}

/** Lives through all that comes up to `until`, that instant included. */
export function advance(walk: Walk, life: Life, until: number): void {
  for (;;) {
    const powerChange = powerChangeOf(walk, life);
    const next = Math.min(powerChange, walk.nextDraw);
    if (next > until) return;
    settle(walk, life, next);
    if (powerChange === next) walk.powered = !walk.powered;
    if (walk.nextDraw === next) draw(walk, life, next);
  }
}

/** When the walk's state changes next, whether that can be seen from outside or not. */
export function nextStep(walk: Walk, life: Life): number {
  return Math.min(powerChangeOf(walk, life), walk.nextDraw);
}

export function levelAt(walk: Walk, life: Life, at: number): number {
  const { battery } = life.traits;
  if (battery === null) return walk.level;
  return Math.min(1, Math.max(0, walk.level + (wattsInto(walk, battery) * (at - walk.since)) / (battery.capacityWh * WATT_HOUR_MS)));
}

/** Takes energy out of the battery at `at`, which the walk must have come to. */
export function drain(walk: Walk, life: Life, at: number, joules: number): void {
  if (life.traits.battery === null) return;
  settle(walk, life, at);
  walk.level = Math.max(0, walk.level - joules / (life.traits.battery.capacityWh * 3600));
  if (walk.level === 0) walk.powered = false;
}

export function copyWalk(from: Walk, to: Walk): void {
  to.draws = from.draws;
  to.nextDraw = from.nextDraw;
  to.willing = from.willing;
  to.plugged = from.plugged;
  to.atHome = from.atHome;
  to.powered = from.powered;
  to.level = from.level;
  to.since = from.since;
}

function settle(walk: Walk, life: Life, at: number): void {
  walk.level = levelAt(walk, life, at);
  walk.since = at;
}

function wattsInto({ plugged, powered }: Walk, battery: Battery): number {
  return (plugged ? battery.chargeWatts : 0) - (powered ? battery.idleWatts : 0);
}

/** When the battery is empty, or full enough to start again, if nothing else comes before. */
function powerChangeOf(walk: Walk, life: Life): number {
  const { battery } = life.traits;
  if (battery === null) return Infinity;
  const watts = wattsInto(walk, battery);
  const missing = walk.powered ? walk.level : Math.max(0, battery.restartLevel - walk.level);
  if (walk.powered ? watts >= 0 : watts <= 0) return Infinity;
  return Math.ceil(walk.since + (missing * battery.capacityWh * WATT_HOUR_MS) / Math.abs(watts));
}

/** Draws every rhythm's state anew, and when that happens next. */
function draw(walk: Walk, life: Life, at: number): void {
  const { seed, spec, traits, availability, eagerness } = life;
  const index = walk.draws++;
  const memoryMs = spec.rhythm.memoryMinutes * MINUTE_MS;
  const phase = phaseAt(at, { startHourUtc: spec.startHourUtc, peakHour: spec.rhythm.peakHour, utcOffsetMinutes: life.utcOffsetMinutes });
  const common = uniformAt(seed, STREAMS.common, index);
  const on = (rhythm: Rhythm, facet: number, factor: number): boolean => {
    if (typeof rhythm === 'string') return rhythm === 'always';
    const own = uniformAt(seed, STREAMS.shared + facet, index) >= spec.rhythm.together;
    // The first state is the share's own; the later ones lead it, so that the mixture of old and new states follows it.
    const share = index === 0 ? shareAt(rhythm, phase) : drawnShareAt(rhythm, phase, memoryMs);
    return (own ? uniformAt(seed, STREAMS.own + facet, index) : common) < factor * share;
  };
  walk.willing = on(availability, 0, eagerness);
  walk.plugged = on(traits.battery?.plugged ?? 'always', 1, 1);
  walk.atHome = on(traits.network.atHome, 2, 1);
  const still = availability === 'always' && typeof (traits.battery?.plugged ?? 'always') === 'string' && typeof traits.network.atHome === 'string';
  walk.nextDraw = still ? Infinity : at + Math.max(1, Math.ceil(memoryMs * exponentialAt(seed, STREAMS.gap, index)));
}
