/**
 * For rules that must see all reports of a round. Their vectors are kept until it closes: in memory where a round of them fits, else
 * they are read again from the round's journal, as many columns at a time as fit. So what they take is bounded, whatever is reported.
 */
import { aggregationOf, findRule } from '../../shared/aggregation/registry.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { AssignmentId } from '../../shared/ids.ts';
import { createAccumulator, type Accumulator } from '../../shared/statistics/accumulator.ts';
import { createMergeArena } from '../../shared/statistics/merge-arena.ts';
import { isMeasured, type FieldValues, type Statistic, type StatisticSchema } from '../../shared/statistics/statistic.ts';
import { sizeOf } from '../../shared/tensors/layout.ts';
import type { JournalSegment } from '../storage/journal.ts';
import { BLOCK_COLUMNS, reportedVectors } from './reported-vectors.ts';
import type { AggregatedSpec, RoundArena } from './round-arena.ts';
import { createRowMemory, rowBytes, type RowMemory } from './row-memory.ts';
import { copyColumns, rowsFromJournal, type RowSource } from './row-source.ts';

/** Bytes, of the reports of one round. */
export const REPORTS_IN_MEMORY = 1 << 30;

/** A field that counts in a report's norm: rules work on these, laid one behind the other. */
interface VectorField {
  readonly name: string;
  readonly monoid: string;
  readonly size: number;
}

const vectorsOf = ({ fields }: StatisticSchema): readonly VectorField[] =>
  fields.filter(isMeasured).map(({ name, monoid, shape }) => ({ name, monoid, size: sizeOf(shape) }));

const widthOf = (vectors: readonly VectorField[]): number => vectors.reduce((sum, { size }) => sum + size, 0);

/** @throws incompatible where the reports of a round do not fit into memory, and may not be read from the disk either */
export function requireRoom({ round, privacy, ...spec }: AggregatedSpec, schema: StatisticSchema, memoryBytes = REPORTS_IN_MEMORY): void {
  const aggregation = aggregationOf(spec);
  if (findRule(aggregation).needs(aggregation).kind === 'sum' || privacy.journal) return;
  const bytes = rowBytes(round.goal, widthOf(vectorsOf(schema)));
  if (bytes <= memoryBytes) return;
  const inMiB = (amount: number): number => Math.ceil(amount / 2 ** 20);
  throw new MurmurError('incompatible', `the rule ${aggregation.rule} must see all reports of a round: ${round.goal} of them take ${inMiB(bytes)} MiB, ${inMiB(memoryBytes)} are kept in memory, and this task forbids that reports touch the disk; allow privacy.journal, lower round.goal, or use the rule mean`);
}

/** What one accumulator holds. */
interface Collected {
  /** Everything but the vectors. */
  readonly scalars: Accumulator;
  readonly weights: Map<AssignmentId, number>;
  /** The row in which each lies; empty where they are read from the journal. */
  readonly rows: Map<AssignmentId, number>;
  memory: RowMemory | null;
}

/** @param memoryBytes of the reports of one round; what is larger is read from the journal. @throws incompatible, as `requireRoom` */
export function createCollectingArena(spec: AggregatedSpec, schema: StatisticSchema, memoryBytes = REPORTS_IN_MEMORY): RoundArena {
  requireRoom(spec, schema, memoryBytes);
  const aggregation = aggregationOf(spec);
  const rule = findRule(aggregation);
  const vectors = vectorsOf(schema);
  const width = widthOf(vectors);
  const { goal } = spec.round;
  const inMemory = rowBytes(goal, width) <= memoryBytes;
  const columns = inMemory ? width : Math.max(BLOCK_COLUMNS, Math.floor(memoryBytes / (4 * goal) / BLOCK_COLUMNS) * BLOCK_COLUMNS);
  const scalarSchema: StatisticSchema = { ...schema, fields: schema.fields.filter(({ name }) => !vectors.some((vector) => vector.name === name)) };
  const checking = createMergeArena(schema);
  const collected = new WeakMap<Accumulator, Collected>();
  /** Given back, to be lent again. */
  const idle: RowMemory[] = [];
  const lend = (): RowMemory => {
    const lent = idle.pop();
    if (lent) return lent;
    try {
      return createRowMemory(goal, columns, rule.pairwise);
    } catch (thrown) {
      throw new MurmurError('unavailable', `there is no memory for the ${goal} reports that the rule ${rule.name} must see; lower round.goal, or use the rule mean`, { cause: thrown });
    }
  };
  const refusesSums = `the rule ${rule.name} must see each report by itself, and an accumulator cannot be taken apart; let edges report to the coordinator, or use the rule mean`;

  function add(own: Collected, statistic: Statistic, assignment: AssignmentId): void {
    const { scalars, weights, rows } = own;
    if (scalars.count === goal) throw new MurmurError('internal', `a round of ${goal} reports is given one more`);
    scalars.add({ weight: statistic.weight, fields: Object.fromEntries(scalarSchema.fields.map(({ name }): [string, FieldValues] => [name, statistic.fields[name]])) }, assignment);
    weights.set(assignment, statistic.weight);
    if (!inMemory) return;
    own.memory ??= lend();
    copyColumns(vectors, statistic, 0, width, own.memory, own.memory.rowAt(rows.size));
    rows.set(assignment, rows.size);
  }

  function accumulator(): Accumulator {
    const scalars = createAccumulator(scalarSchema);
    const own: Collected = { scalars, weights: new Map(), rows: new Map(), memory: null };
    const refuse = (): never => {
      throw new MurmurError('incompatible', refusesSums);
    };
    const outside: Accumulator = {
      schema,
      get weight() {
        return scalars.weight;
      },
      get count() {
        return scalars.count;
      },
      get contains() {
        return scalars.contains;
      },
      has: (assignment) => scalars.has(assignment),
      add: (statistic, assignment) => add(own, statistic, assignment),
      merge: refuse,
      // They are no sum: `combined` says what they come to.
      merged: refuse,
      parts: refuse,
      release() {
        if (own.memory) idle.push(own.memory);
        own.memory = null;
      },
    };
    collected.set(outside, own);
    return outside;
  }

  function sourceOf(own: Collected, contains: readonly AssignmentId[], segment: JournalSegment | null): RowSource {
    own.memory ??= lend();
    const { memory, rows } = own;
    if (inMemory) return { memory, size: width, columns: width, order: contains.map((id) => rows.get(id) ?? 0), load: (from) => Promise.resolve(4 * from) };
    if (segment === null) throw new MurmurError('internal', 'the reports of the round lie in no journal');
    return rowsFromJournal({ segment, vectors, size: width, memory, contains });
  }

  /** A rule says what a report is like: of a mean that is the mean, of a sum the share of each. */
  function fieldsOf(vector: Float32Array, count: number): Record<string, FieldValues> {
    let from = 0;
    return Object.fromEntries(
      vectors.map(({ name, monoid, size }): [string, FieldValues] => {
        const part = vector.slice(from, (from += size));
        return [name, monoid === 'sum' ? Float64Array.from(part, (value) => value * count) : part];
      }),
    );
  }

  return {
    schema,
    refusesSums,
    admit: (statistic) => checking.admit(statistic),
    accumulator,
    async combined(accumulator, { segment, last, pause }) {
      const own = collected.get(accumulator);
      if (!own) throw new MurmurError('internal', 'the accumulator is another arena’s');
      const { weight, count, fields } = own.scalars.merged();
      const { reports, formula } = rule.bound(aggregation);
      if (count < reports) throw new MurmurError('incompatible', `the rule ${rule.name} needs ${formula} = ${reports} reports, and there are ${count}`);
      // Their order is that of their assignments: what comes out does not depend on when they came.
      const contains = [...own.weights.keys()].sort();
      const weights = contains.map((id) => own.weights.get(id) ?? 0);
      const found = await rule.combine(reportedVectors(sourceOf(own, contains, segment), weights, pause), aggregation, last?.length === width ? last : null);
      return { merged: { weight, count, fields: { ...fields, ...fieldsOf(found, count) } }, remembered: rule.remembers ? found : null };
    },
  };
}
