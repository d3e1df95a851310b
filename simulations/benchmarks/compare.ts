/** Two runs side by side: what has changed, and whether it is more than the noise within them. */
import { MurmurError } from '../../shared/errors.ts';
import type { MachineFacts } from './machine-facts.ts';
import { figureKey, type StoredFigure, type StoredRun } from './stored-run.ts';
import { median, quantile } from './summary.ts';

/** `unknown`: too few samples to tell noise from change. */
export type Verdict = 'better' | 'worse' | 'same' | 'unknown';

export interface Difference {
  readonly before: number;
  readonly after: number;
  /** (after − before) / before; null where before is 0. */
  readonly change: number | null;
  /** Half the width of the change's 95 % interval, in the same measure; null where there are too few samples. */
  readonly noise: number | null;
  readonly verdict: Verdict;
}

export interface ComparedFigure {
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: Difference;
  /** How many times better than the baseline: what a slower or busier machine changes least. Null where a run has no baseline. */
  readonly ratio: Difference | null;
}

export interface Comparison {
  readonly before: string;
  readonly after: string;
  readonly figures: readonly ComparedFigure[];
  /** Of the earlier run's benchmarks and cases that the later one has, too: figures that it lacks. */
  readonly missing: readonly string[];
  readonly warnings: readonly string[];
}

/** Fewer say nothing of their spread. */
const FEWEST_SAMPLES = 5;
/** Of a normal distribution: 95 % lie within so many standard deviations of the mean. */
const CONFIDENCE = 1.96;

/**
 * Standard error of a sample's median from its quartiles, 1.25 · IQR / (1.35 · √n), which is what the notches of a box plot
 * are made of (McGill, Tukey and Larsen, "Variations of box plots", 1978): a few wild samples do not move it.
 * Null where there are too few samples.
 */
export function medianError(samples: readonly number[]): number | null {
  if (samples.length < FEWEST_SAMPLES) return null;
  return (1.25 * (quantile(samples, 0.75) - quantile(samples, 0.25))) / (1.35 * Math.sqrt(samples.length));
}

/** @throws bad_usage when the runs have no figure in common */
export function compareRuns(before: StoredRun, after: StoredRun): Comparison {
  const later = new Map(after.figures.map((figure) => [figureKey(figure), figure]));
  const figures: ComparedFigure[] = [];
  const missing: string[] = [];
  const casesAfter = new Set(after.figures.map((figure) => `${figure.bench}, ${figure.case}`));
  for (const figure of before.figures) {
    const other = later.get(figureKey(figure));
    if (other) figures.push(compareFigures(figure, other));
    else if (casesAfter.has(`${figure.bench}, ${figure.case}`)) missing.push(figureKey(figure));
  }
  if (figures.length === 0) throw new MurmurError('bad_usage', `${before.name} and ${after.name} have no figure in common: ${benchesOf(before)} there, ${benchesOf(after)} here`);
  return { before: before.name, after: after.name, figures, missing, warnings: warningsOf(before, after) };
}

const benchesOf = ({ figures }: StoredRun): string => [...new Set(figures.map((figure) => `${figure.bench} ${figure.case}`))].join('; ') || 'nothing';

/** @throws bad_usage when their units differ */
export function compareFigures(before: StoredFigure, after: StoredFigure): ComparedFigure {
  const { bench, metric, unit, smallerIsBetter } = after;
  if (before.unit !== unit) throw new MurmurError('bad_usage', `${figureKey(after)} is in ${before.unit} in one run, in ${unit} in the other`);
  return {
    bench, case: after.case, metric, unit,
    value: difference(estimateOf(before.samples), estimateOf(after.samples), smallerIsBetter),
    ratio: before.baselineSamples === null || after.baselineSamples === null ? null
      : difference(ratioOf(before, before.baselineSamples), ratioOf(after, after.baselineSamples), false),
  };
}

/** A figure and its standard error, null where that is not known. */
interface Estimate {
  readonly value: number;
  readonly error: number | null;
}

const estimateOf = (samples: readonly number[]): Estimate => ({ value: median(samples), error: medianError(samples) });

/** Of a quotient the relative errors add up in squares. */
function ratioOf({ samples, smallerIsBetter }: StoredFigure, baselineSamples: readonly number[]): Estimate {
  const [own, baseline] = [estimateOf(samples), estimateOf(baselineSamples)];
  const value = smallerIsBetter ? baseline.value / own.value : own.value / baseline.value;
  if (own.error === null || baseline.error === null) return { value, error: null };
  return { value, error: value * Math.hypot(own.error / own.value, baseline.error / baseline.value) };
}

function difference(before: Estimate, after: Estimate, smallerIsBetter: boolean): Difference {
  const apart = after.value - before.value;
  const noise = before.error === null || after.error === null ? null : CONFIDENCE * Math.hypot(before.error, after.error);
  const relative = (value: number | null): number | null => (value === null || before.value === 0 ? null : value / Math.abs(before.value));
  const verdict = (): Verdict => {
    if (apart === 0) return 'same';
    if (noise === null || !Number.isFinite(apart)) return 'unknown';
    if (Math.abs(apart) <= noise) return 'same';
    return apart < 0 === smallerIsBetter ? 'better' : 'worse';
  };
  return { before: before.value, after: after.value, change: relative(apart), noise: relative(noise), verdict: verdict() };
}

/** What makes a comparison doubtful. */
function warningsOf(before: StoredRun, after: StoredRun): readonly string[] {
  const told = new Map<string, string>();
  for (const { bench, machine } of after.begins) {
    const earlier = before.begins.find((begin) => begin.bench === bench)?.machine;
    if (!earlier) continue;
    const differ = (what: string, of: (machine: MachineFacts) => string | number): void => {
      if (of(earlier) !== of(machine)) told.set(what, `careful: another ${what}: ${of(earlier)} in ${before.name}, ${of(machine)} in ${after.name}`);
    };
    differ('processor', ({ cpu }) => cpu);
    differ('number of cores', ({ cores }) => cores);
    differ('Node', ({ node }) => node);
    differ('platform', ({ platform }) => platform);
  }
  return [...told.values(), ...[before, after].flatMap(busyWarning)];
}

function busyWarning({ name, begins }: StoredRun): readonly string[] {
  // At its first benchmark alone: the load of the later ones is in part its own.
  const [first] = [...begins].sort((a, b) => a.at.localeCompare(b.at));
  const { load, cores } = first.machine;
  return load > cores / 2 ? [`careful: the machine was busy when ${name} began, a load of ${load} on ${cores} cores; trust ratios rather than times`] : [];
}
