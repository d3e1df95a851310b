/** Gathers what is wrong with somebody's files: one list with every place beats ten attempts with one error each. */
import { MurmurError } from '../../shared/errors.ts';

export interface DatasetProblem {
  /** Where it stands in another file than the source's own. */
  readonly file?: string;
  /** Line of the file, from 1, newlines inside quotes counted. */
  readonly line?: number;
  readonly column?: string;
  readonly found: string;
  readonly expected: string;
}

export interface DatasetProblems {
  readonly count: number;
  add(problem: DatasetProblem): void;
  /** @throws bad_dataset with the first problem in its message and up to ten in `details.problems`. */
  throwIfAny(): void;
}

export const PROBLEMS_KEPT = 10;

/** A value as messages show it: quoted, cut where it is long. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}

/** Choices as messages show them: the first dozen, then how many there are. */
export function listed(values: readonly string[]): string {
  const shown = values.slice(0, 12).map(quoted).join(', ');
  return values.length > 12 ? `${shown}, … (${values.length} in all)` : shown;
}

function describe(file: string, problem: DatasetProblem): string {
  const line = problem.line === undefined ? '' : `, line ${problem.line}`;
  const column = problem.column === undefined ? '' : `, column ${quoted(problem.column)}`;
  return `${problem.file ?? file}${line}${column}: found ${problem.found}, expected ${problem.expected}`;
}

export function createProblems(file: string): DatasetProblems {
  const kept: DatasetProblem[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    add(problem) {
      count++;
      if (kept.length < PROBLEMS_KEPT) kept.push(problem);
    },
    throwIfAny() {
      if (count === 0) return;
      const more = count > 1 ? ` (and ${count - 1} more; the details list ${kept.length > 1 && count > kept.length ? `the first ${kept.length}` : 'all'})` : '';
      throw new MurmurError('bad_dataset', describe(file, kept[0]) + more, { details: { file, count, problems: kept } });
    },
  };
}

/** One problem that ends the reading at once. */
export function badDataset(file: string, problem: DatasetProblem, cause?: unknown): MurmurError {
  return new MurmurError('bad_dataset', describe(file, problem), { cause, details: { file, count: 1, problems: [problem] } });
}
