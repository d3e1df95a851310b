/** Every criterion, in the order in which they are looked at. A new one is one file and one line here. */
import { z } from 'zod';
import type { Criterion } from '../criterion.ts';
import { backend } from './backend.ts';
import { battery } from './battery.ts';
import { charging } from './charging.ts';
import { downlink } from './downlink.ts';
import { effectiveType } from './effective-type.ts';
import { examples } from './examples.ts';
import { freeMemory } from './free-memory.ts';
import { idle } from './idle.ts';
import { labels } from './labels.ts';
import { metered } from './metered.ts';
import { network } from './network.ts';
import { protocol } from './protocol.ts';
import { rest } from './rest.ts';
import { roundTrip } from './round-trip.ts';
import { saveData } from './save-data.ts';
import { speed } from './speed.ts';
import { timeOfDay } from './time-of-day.ts';
import { visibility } from './visibility.ts';

const ALL = [
  battery,
  charging,
  network,
  effectiveType,
  metered,
  saveData,
  downlink,
  roundTrip,
  visibility,
  idle,
  freeMemory,
  backend,
  speed,
  examples,
  labels,
  protocol,
  timeOfDay,
  rest,
] as const;

type All = (typeof ALL)[number];
type Shape = { [One in All as One['name']]: z.ZodOptional<One['settings']> };

export const CRITERIA: readonly Criterion[] = ALL;

/** `selection.criteria` of a task; a criterion left out is not asked. */
export const Criteria = z.strictObject(Object.fromEntries(ALL.map(({ name, settings }) => [name, settings.optional()])) as unknown as Shape);
export type Criteria = z.infer<typeof Criteria>;

/** What the criteria ask of a device, one wish each, for its owner. */
export function wishesOf(criteria: Criteria): string[] {
  const set = criteria as Readonly<Record<string, unknown>>;
  return CRITERIA.flatMap(({ name, wish }) => (set[name] === undefined ? [] : (wish(set[name]) ?? [])));
}
