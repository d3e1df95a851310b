/** One thing that can be said of a column. One file a measure; `registry.ts` lists them. */
import type { z } from 'zod';
import type { Column } from '../../../statistics/columns.ts';
import type { FieldRange, FieldValues, Monoid } from '../../../statistics/statistic.ts';
import type { DataColumn } from '../../../task/data-columns.ts';

/** A field that carries it, but for its name. */
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
  /** By part; most have one, without a name. */
  fields(column: DataColumn, setting: Setting): Readonly<Record<string, MeasureField>>;
  /** At the edge, by part. @param column null: this edge has none, and sends what changes nothing */
  read(column: Column | null, setting: Setting, declared: DataColumn): Readonly<Record<string, FieldValues>>;
  /** What is stored with a version and given to `publish`, where that is not the merged fields: they could tell what fewer edges are behind. */
  kept?(merged: Readonly<Record<string, FieldValues>>, setting: Setting, leastEdges: number): Readonly<Record<string, FieldValues>>;
  /** At the coordinator: plain JSON of what all edges' values came to. @param leastEdges fewer must not be behind a value that is told */
  publish(merged: Readonly<Record<string, FieldValues>>, setting: Setting, declared: DataColumn, leastEdges: number): Published;
}

/** Counts that no edge exceeds: a terabyte of values. */
export const COUNT = { atLeast: 0, atMost: 2 ** 40, whole: true } as const satisfies FieldRange;

interface OneField<Setting, Published> extends Omit<Measure<Setting, Published>, 'fields' | 'read' | 'publish'> {
  field(column: DataColumn, setting: Setting): MeasureField;
  read(column: Column | null, setting: Setting, declared: DataColumn): FieldValues;
  publish(merged: FieldValues, setting: Setting, declared: DataColumn, leastEdges: number): Published;
}

/** The part of a measure that has one. */
export const ONLY = '';

export function oneField<Setting, Published>({ field, read, publish, ...rest }: OneField<Setting, Published>): Measure<Setting, Published> {
  return {
    ...rest,
    fields: (column, setting) => ({ [ONLY]: field(column, setting) }),
    read: (column, setting, declared) => ({ [ONLY]: read(column, setting, declared) }),
    publish: (merged, setting, declared, leastEdges) => publish(merged[ONLY], setting, declared, leastEdges),
  };
}
