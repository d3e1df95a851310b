/** How results are told: JSON lines for programs, a table for people. */
import type { MurmurError } from '../../shared/errors.ts';
import type { Measurement } from './benchmark.ts';
import type { MachineFacts } from './machine-facts.ts';
import { resultLine, spreadOf } from './summary.ts';

export interface BenchOutput {
  begin(bench: string, machine: MachineFacts): void;
  /** All measurements of one case. */
  result(bench: string, name: string, measurements: readonly Measurement[]): void;
  /** What there is to say beside a case's figures. */
  note(bench: string, name: string, text: string): void;
  /** Instead of figures: this machine lacks what the case needs. */
  skipped(bench: string, name: string, reason: string): void;
  /** Instead of figures. */
  failed(bench: string, name: string, error: MurmurError): void;
}

/** One object a line: first the machine, then a line for each measurement, and the spread behind each case's. */
export function jsonOutput(write: (line: string) => void): BenchOutput {
  const line = (value: object): void => write(`${JSON.stringify(value)}\n`);
  return {
    begin: (bench, machine) => line({ bench, machine }),
    result(bench, name, measurements) {
      for (const measurement of measurements) line(resultLine(bench, name, measurement));
      line({ bench, case: name, spread: Object.fromEntries(measurements.map(({ metric, samples, baseline }) => [metric, { ours: spreadOf(samples), baseline: baseline === undefined ? null : spreadOf(baseline) }])) });
    },
    note: (bench, name, note) => line({ bench, case: name, note }),
    skipped: (bench, name, reason) => line({ bench, case: name, skipped: reason }),
    failed: (bench, name, { code, message }) => line({ bench, case: name, error: { code, message } }),
  };
}

const HEAD = ['case', 'metric', 'median', 'unit', 'quartiles', 'best', 'baseline', 'ratio'] as const;
const WIDTHS = [16, 22, 10, 8, 19, 10, 10, 7] as const;

export function tableOutput(write: (line: string) => void): BenchOutput {
  const row = (cells: readonly string[]): void => write(`${cells.map((cell, i) => (i < 2 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i]))).join(' ').trimEnd()}\n`);
  return {
    begin(bench, machine) {
      write(`bench ${bench}: ${machine.cpu}, ${machine.cores} cores, load ${machine.load}, Node ${machine.node} on ${machine.platform}, a synced write takes ${machine.syncMs} ms\n\n`);
      row(HEAD);
    },
    result(bench, name, measurements) {
      for (const measurement of measurements) {
        const { metric, value, unit, baseline, ratio } = resultLine(bench, name, measurement);
        const { lowerQuartile, upperQuartile, min, max } = spreadOf(measurement.samples);
        row([name, metric, String(value), unit, `${lowerQuartile} … ${upperQuartile}`, String(measurement.smallerIsBetter ? min : max), baseline === null ? '–' : String(baseline), ratio === null ? '–' : `${ratio}×`]);
      }
      write('\n');
    },
    note: (_bench, name, note) => write(`${name}: ${note}\n`),
    skipped: (_bench, name, reason) => write(`${name}: skipped: ${reason}\n\n`),
    failed: (_bench, name, { code, message }) => write(`${name}: failed: ${code}: ${message}\n\n`),
  };
}

/** Tells all of them. */
export function toEach(outputs: readonly BenchOutput[]): BenchOutput {
  return {
    begin: (...told) => outputs.forEach((output) => output.begin(...told)),
    result: (...told) => outputs.forEach((output) => output.result(...told)),
    note: (...told) => outputs.forEach((output) => output.note(...told)),
    skipped: (...told) => outputs.forEach((output) => output.skipped(...told)),
    failed: (...told) => outputs.forEach((output) => output.failed(...told)),
  };
}
