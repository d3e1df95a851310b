/** What changed in the columns of a task without a model: since an earlier version, or beside another such task, as the reader chooses. */
import { compareStatistics, findDrift, type ColumnDrift, type QualityFinding } from '../../shared/algorithms/statistics/quality.ts';
import type { StatisticsResult, TaskResult } from '../../shared/algorithms/statistics/result.ts';
import { formatNumber, formatPercent } from '../../shared/format.ts';
import { createCell } from './cells.ts';
import { byId, create, createKeyedList, setHidden, setText, type KeyedRow } from './dom.ts';

/** What is looked at now. */
export interface Shown {
  readonly task: string;
  readonly version: number;
  readonly result: StatisticsResult;
  /** Other tasks whose newest version says something. */
  readonly others: readonly string[];
}

export interface ResultDriftOptions {
  /** @throws where there is none, or nobody answers */
  readonly getResult: (task: string, version: number | 'latest') => Promise<TaskResult>;
  /** Versions that are kept, the newest first. @throws where nobody answers */
  readonly getVersions: (task: string) => Promise<readonly { readonly version: number; readonly createdAt: number }[]>;
  /** What of it is worth a look; empty where nothing is compared. */
  readonly onFindings: (findings: readonly QualityFinding[]) => void;
}

/** One with which the reader can compare. */
interface Choice {
  readonly key: string;
  readonly label: string;
  readonly task: string;
  readonly version: number | 'latest';
}

const NOTHING = '';

/** For the newest result; null: there is nothing to compare. */
export function createResultDrift({ getResult, getVersions, onFindings }: ResultDriftOptions): (shown: Shown | null) => void {
  const box = byId('result-against', HTMLElement);
  const select = byId('result-since', HTMLSelectElement);
  const words = byId('drift-words', HTMLElement);
  const table = byId('drift', HTMLElement);
  const drawRows = createKeyedList<ColumnDrift>(byId('drift-body', HTMLElement), ({ column }) => column, createRow);
  let now: Shown | null = null;
  let choices: readonly Choice[] = [];
  /** By the reader; null: nothing was chosen, and what changed since the version before is shown. */
  let chosen: string | null = null;

  function draw(drift: readonly ColumnDrift[], said: string): void {
    drawRows(drift);
    setHidden(table, drift.length === 0);
    setText(words, said);
    setHidden(words, said === '');
    onFindings(findDrift(drift));
  }

  async function compare(about: Shown): Promise<void> {
    const key = select.value;
    const choice = choices.find((one) => one.key === key);
    if (choice === undefined) return draw([], '');
    try {
      const before = await getResult(choice.task, choice.version);
      if (now !== about || select.value !== key) return;
      if (before.kind !== 'statistics') return draw([], `${choice.label} is a result of ${before.kind}, and columns are compared with columns.`);
      const drift = compareStatistics(before, about.result);
      draw(drift, drift.length === 0 ? `${choice.label} says nothing of the same columns.` : '');
    } catch (thrown) {
      if (now === about && select.value === key) draw([], `${choice.label} cannot be compared (${thrown instanceof Error ? thrown.message : String(thrown)}).`);
    }
  }

  async function offer(about: Shown): Promise<void> {
    // Without an answer there are the other tasks still.
    const versions = await getVersions(about.task).catch(() => []);
    if (now !== about) return;
    choices = [
      ...versions.filter(({ version }) => version > 0 && version < about.version).map(({ version, createdAt }): Choice => ({
        key: `version ${version}`, label: `Version ${version} of ${new Date(createdAt).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })}`, task: about.task, version,
      })),
      ...about.others.map((task): Choice => ({ key: `task ${task}`, label: `Task ${task}`, task, version: 'latest' })),
    ];
    const before = choices.find(({ task }) => task === about.task)?.key ?? NOTHING;
    const wanted = chosen !== null && (chosen === NOTHING || choices.some(({ key }) => key === chosen)) ? chosen : before;
    select.replaceChildren(...[{ key: NOTHING, label: 'nothing' }, ...choices].map(({ key, label }) => {
      const option = create('option', '', label);
      option.value = key;
      return option;
    }));
    select.value = wanted;
    setHidden(box, choices.length === 0);
    await compare(about);
  }

  select.addEventListener('change', () => {
    chosen = select.value;
    if (now !== null) void compare(now);
  });
  return (shown) => {
    if (shown?.task !== now?.task) chosen = null;
    now = shown;
    if (shown !== null) return void offer(shown);
    setHidden(box, true);
    draw([], '');
  };
}

function createRow(): KeyedRow<ColumnDrift> {
  const element = create('tr');
  const column = createCell(element, 'Column');
  const index = createCell(element, 'Stability index', 'number');
  const apart = createCell(element, 'Kolmogorov–Smirnov', 'number');
  const shift = createCell(element, 'Mean, deviations', 'number');
  const missing = createCell(element, 'Missing', 'number');
  const text = (value: number | null): string => (value === null ? '–' : formatNumber(value));
  return {
    element,
    update(drift) {
      setText(column.inner, drift.column);
      setText(index.inner, text(drift.stabilityIndex));
      setText(apart.inner, text(drift.kolmogorovSmirnov));
      setText(shift.inner, text(drift.shift));
      setText(missing.inner, drift.missing === null ? '–' : `${drift.missing > 0 ? '+' : ''}${formatPercent(drift.missing)}`);
    },
  };
}
