/**
 * Fills a task's history from what happens to it. Of each report a length and a sketch of 256 numbers are kept until its
 * round ends, then a few ratios. Nothing of it is a report.
 */
import { examplesOf, trainLossOf } from '../../shared/algorithms/training-fields.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { RandomSource } from '../../shared/random.ts';
import { isMeasured, type FieldSpec, type Statistic } from '../../shared/statistics/statistic.ts';
import { sumOfSquares } from '../../shared/statistics/sum-of-squares.ts';
import { sizeOf } from '../../shared/tensors/layout.ts';
import { cosine, isNumber, length, median } from './arithmetic.ts';
import { EDGES_KEPT, FIRST_ROUNDS, PARTS_KEPT, ROUNDS_KEPT, type EdgePart, type EdgeTrace, type RoundFacts, type TaskFacts, type TaskHistory } from './history.ts';
import { createSketcher, SKETCH_SIZE } from './update-sketch.ts';

/** Sketches that one round may hold: a megabyte. Whoever reports after that is read by loss and length alone. */
const SKETCHES_A_ROUND = 1024;
/** With fewer, "the others" are nobody to be compared with. */
const LEAST_OTHERS = 3;

export interface HistoryBook {
  /** A report that counts, as it is merged. */
  merged(edge: EdgeId, statistic: Statistic): void;
  refused(edge: EdgeId, code: string): void;
  /** An assignment is over. */
  ended(edge: EdgeId, round: number, status: EdgePart['status']): void;
  /** The step from one version to the next: both as they are, only sketch and length are kept. */
  stepped(before: Float32Array, after: Float32Array): void;
  /** The round is over; what was noted of single edges since the last one belongs to it. */
  roundEnded(facts: RoundOutcome): void;
  history(): TaskHistory;
}

export interface HistoryBookOptions {
  readonly facts: TaskFacts;
  readonly fields: readonly FieldSpec[];
  /** Draws the projection. */
  readonly random: RandomSource;
  /** An edge's examples by class, as its owner tells; null: he does not. */
  readonly labelsOf: (edge: EdgeId) => readonly number[] | null;
  /** Rounds of before: of a task that is taken up again. */
  readonly earlier?: readonly RoundFacts[];
}

/** What of a round is known beside the reports. */
export type RoundOutcome = Omit<RoundFacts, 'medianLoss' | 'medianCosine' | 'stepNorm' | 'stepCosine'>;

/** What is known of a report until its round ends. */
interface Noted {
  readonly edge: EdgeId;
  readonly examples: number;
  readonly loss: number | null;
  readonly norm: number;
  readonly sketch: Float32Array | null;
}

export function createHistoryBook({ facts, fields, random, labelsOf, earlier = [] }: HistoryBookOptions): HistoryBook {
  const sketch = createSketcher(random);
  const vector = vectorOf(fields);
  const edges = new Map<EdgeId, EdgeTrace>();
  let rounds: readonly RoundFacts[] = withoutMiddle(earlier);
  let noted = new Map<EdgeId, Noted>();
  let refusals = new Map<EdgeId, string>();
  let over: { readonly edge: EdgeId; readonly round: number; readonly status: EdgePart['status'] }[] = [];
  let sketches = 0;
  let step: { readonly norm: number; readonly sketch: Float32Array; readonly cosine: number | null } | null = null;
  let stepIsNew = false;

  /** Edges that have not taken part for the longest time are forgotten first. */
  function keep(edge: EdgeId, kept: EdgeTrace): void {
    edges.delete(edge);
    edges.set(edge, kept);
    if (edges.size <= EDGES_KEPT) return;
    for (const oldest of edges.keys()) return void edges.delete(oldest);
  }

  function noteParts(): Pick<RoundFacts, 'medianLoss' | 'medianCosine'> {
    const reports = [...noted.values()];
    const losses = reports.map(({ loss }) => loss).filter(isNumber);
    const medianLoss = losses.length === 0 ? null : median(losses);
    const compare = comparison(reports);
    const cosines: number[] = [];
    for (const { edge, round, status } of over) {
      const before = edges.get(edge);
      const report = status === 'reported' ? noted.get(edge) : undefined;
      const found = report && compare(report);
      if (isNumber(found?.cosine)) cosines.push(found.cosine);
      const part: EdgePart = {
        round, status, refusal: refusals.get(edge) ?? null,
        examples: report?.examples ?? null,
        loss: report?.loss ?? null,
        lossRatio: isNumber(report?.loss) && isNumber(medianLoss) && medianLoss > 0 ? report.loss / medianLoss : null,
        norm: report?.norm ?? null,
        lengthRatio: found?.lengthRatio ?? null,
        cosine: found?.cosine ?? null,
      };
      keep(edge, { edge, parts: [...(before?.parts ?? []), part].slice(-PARTS_KEPT), labels: labelsOf(edge) ?? before?.labels ?? null });
    }
    return { medianLoss, medianCosine: cosines.length === 0 ? null : median(cosines) };
  }

  return {
    merged(edge, statistic) {
      if (!facts.singleEdges) return;
      const values = vector === null ? null : statistic.fields[vector];
      const drawn = values === null || sketches >= SKETCHES_A_ROUND ? null : sketch(values);
      if (drawn !== null) sketches++;
      noted.set(edge, { edge, examples: examplesOf(statistic), loss: trainLossOf(statistic), norm: values === null ? 0 : Math.sqrt(sumOfSquares(values)), sketch: drawn });
    },
    refused(edge, code) {
      refusals.set(edge, code);
    },
    ended(edge, round, status) {
      over.push({ edge, round, status });
    },
    stepped(before, after) {
      // Of what is no model's weights the size may change.
      if (before.length !== after.length) return;
      const difference = new Float32Array(after.length);
      for (let i = 0; i < after.length; i++) difference[i] = after[i] - before[i];
      const drawn = sketch(difference);
      step = { norm: Math.sqrt(sumOfSquares(difference)), sketch: drawn, cosine: step === null ? null : cosine(drawn, step.sketch) };
      stepIsNew = true;
    },
    roundEnded(round) {
      // Whose report was refused may have been asked no more since.
      const ended = new Set(over.map(({ edge }) => edge));
      for (const edge of refusals.keys()) if (!ended.has(edge)) over.push({ edge, round: round.round, status: 'refused' });
      const medians = noteParts();
      const own = stepIsNew ? step : null;
      rounds = withoutMiddle([...rounds, { ...round, ...medians, stepNorm: own?.norm ?? null, stepCosine: own?.cosine ?? null }]);
      noted = new Map();
      refusals = new Map();
      over = [];
      sketches = 0;
      stepIsNew = false;
    },
    history: () => ({ facts, rounds, edges: [...edges.values()] }),
  };
}

/** The first rounds and the last ones. */
function withoutMiddle(rounds: readonly RoundFacts[]): readonly RoundFacts[] {
  return rounds.length <= ROUNDS_KEPT ? rounds : [...rounds.slice(0, FIRST_ROUNDS), ...rounds.slice(FIRST_ROUNDS - ROUNDS_KEPT)];
}

/** The field that moves the model: the largest of those that count in a report's norm; null where there is none but scalars. */
function vectorOf(fields: readonly FieldSpec[]): string | null {
  let found: { readonly name: string; readonly size: number } | null = null;
  for (const { name, shape } of fields.filter(isMeasured)) {
    const size = sizeOf(shape);
    if (size > (found?.size ?? 0)) found = { name, size };
  }
  return found?.name ?? null;
}

interface Compared {
  readonly lengthRatio: number | null;
  readonly cosine: number | null;
}

/**
 * Each report beside the others of its round. The others' direction is the mean of their directions, not of their updates:
 * a few that are far longer than the rest would else be the direction that the rest points away from.
 */
function comparison(reports: readonly Noted[]): (report: Noted) => Compared {
  const sum = new Float64Array(SKETCH_SIZE);
  let directions = 0;
  for (const { sketch } of reports) {
    const by = sketch === null ? 0 : length(sketch);
    if (sketch === null || !(by > 0)) continue;
    directions++;
    for (let i = 0; i < SKETCH_SIZE; i++) sum[i] += sketch[i] / by;
  }
  const norms = reports.map(({ norm }) => norm).filter((norm) => norm > 0);
  const usual = { norm: median(norms), examples: median(reports.map(({ examples }) => examples)) };
  return ({ sketch, norm, examples }) => {
    const lengthRatio = norms.length > LEAST_OTHERS && norm > 0 ? norm / usual.norm / Math.max(1, examples / usual.examples) : null;
    const by = sketch === null ? 0 : length(sketch);
    if (sketch === null || !(by > 0) || directions <= LEAST_OTHERS) return { lengthRatio, cosine: null };
    const direction = Float64Array.from(sketch, (value) => value / by);
    return { lengthRatio, cosine: cosine(direction, sum.map((value, i) => value - direction[i])) };
  };
}
