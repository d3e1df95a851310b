/** The load that its owner puts on a device, in slots of ten minutes, and what training becomes of it. */
import type { DeviceClass } from './device-class.ts';
import { drawAt, uniformAt } from './draws.ts';
import { SLOT_MS } from './network.ts';
import { phaseAt, shareAt } from './rhythm.ts';
import { STREAMS } from './streams.ts';
import type { Life } from './walk.ts';

const MOST = 0.95;

/** In [0, 0.95]; 0 while nobody uses it. */
export function loadAt(life: Life, at: number): number {
  const { seed, spec, traits } = life;
  if (traits.busy === 'never') return 0;
  const slot = Math.floor(at / SLOT_MS);
  const phase = phaseAt(slot * SLOT_MS, { startHourUtc: spec.startHourUtc, peakHour: spec.rhythm.peakHour, utcOffsetMinutes: life.utcOffsetMinutes });
  if (uniformAt(seed, STREAMS.busy, slot) >= shareAt(traits.busy, phase)) return 0;
  return Math.min(MOST, drawAt(traits.busyLoad, seed, STREAMS.busyLoad, slot));
}

/** How long `workMs` of an unloaded device take from `at` on, when each slot's load leaves training the rest. */
export function loadedMs(life: Life, at: number, workMs: number): number {
  const { busy }: DeviceClass = life.traits;
  if (busy === 'never' || !Number.isFinite(workMs)) return workMs;
  let left = workMs;
  let now = at;
  for (;;) {
    const share = 1 - loadAt(life, now);
    const end = (Math.floor(now / SLOT_MS) + 1) * SLOT_MS;
    if (left <= (end - now) * share) return now - at + left / share;
    left -= (end - now) * share;
    now = end;
  }
}
