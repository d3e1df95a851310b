/** Every measure, by name. A new one is one file and one line here. */
import { z } from 'zod';
import { distinct } from './distinct.ts';
import { eachValue } from './each-value.ts';
import { frequent } from './frequent.ts';
import { histogram } from './histogram.ts';
import type { Measure } from './measure.ts';
import { momentsMeasure } from './moments.ts';
import { outliers } from './outliers.ts';
import { quantiles } from './quantiles.ts';
import { range } from './range.ts';
import { values } from './values.ts';

/** Each with its own settings: `ColumnRequest` pairs them, and indexing forgets it. */
export const MEASURES = {
  moments: momentsMeasure,
  range,
  each: eachValue,
  histogram,
  quantiles,
  outliers,
  values,
  distinct,
  frequent,
} as const;

export type MeasureName = keyof typeof MEASURES;

/** What is published of a column, by measure. */
export type PublishedMeasures = { readonly [Name in MeasureName]?: ReturnType<(typeof MEASURES)[Name]['publish']> };

const settings = Object.fromEntries(Object.entries(MEASURES).map(([name, { setting }]) => [name, setting.optional()])) as { [Name in MeasureName]: z.ZodOptional<(typeof MEASURES)[Name]['setting']> };

/** What a task asks of one column. */
export const ColumnRequest = z.strictObject({ column: z.string().min(1).max(400), ...settings });
export type ColumnRequest = z.infer<typeof ColumnRequest>;

/** The measures that a request names, in the registry's order, each with its setting. */
export function measuresOf(request: ColumnRequest): readonly { readonly measure: Measure; readonly setting: unknown }[] {
  return (Object.keys(MEASURES) as MeasureName[]).flatMap((name) => (request[name] === undefined ? [] : [{ measure: MEASURES[name], setting: request[name] }]));
}
