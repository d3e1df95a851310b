/** One thing that can be said of a column. One file a measure; `registry.ts` lists them; `test/conformance/measure.ts` tries them all. */
import type { z } from 'zod';
import type { Column } from '../../../statistics/columns.ts';
import type { FieldRange, FieldValues, Monoid } from '../../../statistics/statistic.ts';
import type { DataColumn } from '../../../task/data-columns.ts';

/** The field that carries it, but for its name. */
export interface MeasureField {
  readonly monoid: Monoid;
  readonly dtype: 'float32' | 'float64';
  readonly size: number;
  readonly range?: FieldRange;
}

export interface Measure<Setting = unknown, Published = unknown> {
  /** The key under which a task asks for it, and under which it is published. */
  readonly name: string;
  /** What the task says of it. */
  readonly setting: z.ZodType<Setting>;
  readonly serves: DataColumn['type'] | 'any';
  /** Why it cannot serve this very column, or null. */
  refuses?(column: DataColumn, setting: Setting): string | null;
  field(column: DataColumn, setting: Setting): MeasureField;
  /** At the edge. @param column null: this edge has none, and sends what changes nothing */
  read(column: Column | null, setting: Setting, declared: DataColumn): FieldValues;
  /** At the coordinator: plain JSON of what all edges' values came to. @param leastEdges fewer must not be behind a number that tells them apart */
  publish(merged: FieldValues, setting: Setting, declared: DataColumn, leastEdges: number): Published;
}

/** Counts that no edge exceeds: a terabyte of values. */
export const COUNT = { atLeast: 0, atMost: 2 ** 40, whole: true } as const satisfies FieldRange;
