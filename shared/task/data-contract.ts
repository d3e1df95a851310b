/** The data contract of a task: what an example is, so that every edge turns its own files into the same numbers. */
import { z } from 'zod';

const standardise = z.strictObject({
  mean: z.number(),
  deviation: z.number().positive(),
  /** The statistics that they come from, where the author wrote `fromTask` (`references.ts`). */
  from: z.strictObject({ task: z.string(), version: z.int().nonnegative() }).optional(),
});

const numericColumn = z.strictObject({
  type: z.literal('numeric'),
  column: z.string().min(1),
  /** (x − mean) / deviation, given by the task: an edge alone does not know the population's. */
  standardise: standardise.optional(),
  /** A number that stands in for a missing value (before standardisation), or `refuse`. */
  missing: z.union([z.literal('refuse'), z.number()]).default('refuse'),
});

const categoricalColumn = z.strictObject({
  type: z.literal('categorical'),
  column: z.string().min(1),
  values: z.array(z.string()).min(2),
  /** `zeros` leaves the one-hot group empty; a value of `values` stands in; `refuse` refuses. */
  missing: z.union([z.literal('refuse'), z.literal('zeros'), z.strictObject({ value: z.string() })]).default('refuse'),
});

/** Where one holds examples back to validate on: a fraction, drawn by a seed. */
const validation = z.strictObject({ fraction: z.number().min(0).max(0.9).default(0), seed: z.int().default(1) }).prefault({});

const imageContract = z.strictObject({
  kind: z.literal('image'),
  height: z.int().positive().max(4096),
  width: z.int().positive().max(4096),
  channels: z.union([z.literal(1), z.literal(3)]),
  /** The classes' names in label order; folders of images are matched against them. */
  classes: z.array(z.string().min(1)).min(2),
  /** True when the model takes a flat vector instead of [height, width, channels]. */
  flat: z.boolean().default(false),
  /** Multiplies the bytes. */
  scale: z.number().positive().default(1 / 255),
  validation,
});

const tableContract = z.strictObject({
  kind: z.literal('table'),
  features: z.array(z.discriminatedUnion('type', [numericColumn, categoricalColumn])).min(1),
  label: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('categorical'), column: z.string().min(1), values: z.array(z.string()).min(2) }),
    z.strictObject({ type: z.literal('numeric'), column: z.string().min(1), standardise: standardise.optional() }),
  ]),
  validation,
});

/** Texts as sequences of word indices; index 0 pads, index 1 stands for unknown words. */
const textContract = z.strictObject({
  kind: z.literal('text'),
  column: z.string().min(1),
  labelColumn: z.string().min(1),
  classes: z.array(z.string().min(1)).min(2),
  length: z.int().positive().max(4096),
  /** Lower-case words; word i of this list has index i + 2. */
  vocabulary: z.array(z.string().min(1)).min(1),
  validation,
});

/** For statistics alone: columns as they stand in a CSV, missing values left missing, nothing encoded. */
const columnsContract = z.strictObject({
  kind: z.literal('columns'),
  columns: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('numeric'), column: z.string().min(1), /** An edge whose file lacks it takes part without it. */ optional: z.boolean().default(false) }),
        z.strictObject({
          type: z.literal('categorical'),
          column: z.string().min(1),
          /** What is expected; anything else is counted as other. Left out: not known beforehand. */
          values: z.array(z.string()).min(1).max(10_000).optional(),
          optional: z.boolean().default(false),
        }),
      ]),
    )
    .min(1)
    .max(256)
    .refine((columns) => new Set(columns.map(({ column }) => column)).size === columns.length, 'a column stands here twice'),
  /** As in the other kinds, but that nothing is held back: every row counts. */
  validation: z.strictObject({ fraction: z.number().min(0).max(0, 'columns are read whole: nothing is trained that would have to be validated').default(0), seed: z.int().default(1) }).prefault({}),
});

export const DataContract = z.discriminatedUnion('kind', [imageContract, tableContract, textContract, columnsContract]);
export type DataContract = z.infer<typeof DataContract>;
export type ImageContract = z.infer<typeof imageContract>;
export type TableContract = z.infer<typeof tableContract>;
export type TextContract = z.infer<typeof textContract>;
export type ColumnsContract = z.infer<typeof columnsContract>;

/** Shape of one example as the model sees it. */
export function inputShapeOf(contract: DataContract): readonly number[] {
  switch (contract.kind) {
    case 'image':
      return contract.flat
        ? [contract.height * contract.width * contract.channels]
        : [contract.height, contract.width, contract.channels];
    case 'table':
      return [contract.features.reduce((width, feature) => width + (feature.type === 'numeric' ? 1 : feature.values.length), 0)];
    case 'text':
      return [contract.length];
    case 'columns':
      return [contract.columns.length];
  }
}

/** What the numbers of a table's rows are called, as the model sees them: a column, or a value of one (`heating: gas`). Null where they have no names: pixels, words. */
export function featureNamesOf(contract: DataContract): readonly string[] | null {
  if (contract.kind !== 'table') return null;
  return contract.features.flatMap((feature) => (feature.type === 'numeric' ? [feature.column] : feature.values.map((value) => `${feature.column}: ${value}`)));
}

/** The classes in label order; null for regression. */
export function classesOf(contract: DataContract): readonly string[] | null {
  if (contract.kind === 'columns') return null;
  if (contract.kind !== 'table') return contract.classes;
  return contract.label.type === 'categorical' ? contract.label.values : null;
}
