/** What a task without a model has found: asked for again whenever it has a new version. */
import { findQualityProblems, type QualityFinding } from '../../shared/algorithms/statistics/quality.ts';
import type { TaskResult } from '../../shared/algorithms/statistics/result.ts';
import { MurmurError } from '../../shared/errors.ts';
import { formatCount, formatNumber } from '../../shared/format.ts';
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import { byId, create, setHidden, setText } from './dom.ts';
import { drawByFeature } from './result-by-feature.ts';
import { drawColumn, drawCovariance } from './result-columns.ts';
import { createResultDrift } from './result-drift.ts';
import { drawPercents, drawShares } from './result-pictures.ts';

export function createResultCard(): (task: LiveTask, tasks: readonly LiveTask[]) => void {
  const card = byId('result', HTMLElement);
  const words = byId('result-words', HTMLElement);
  const place = byId('result-columns', HTMLElement);
  const findings = byId('result-findings', HTMLElement);
  let shown = '';
  /** Of the result by itself; what changed comes behind it. */
  let problems: readonly QualityFinding[] = [];
  const drift = createResultDrift({ getResult, getVersions, onFindings: (changed) => drawFindings([...problems, ...changed]) });

  function drawFindings(all: readonly QualityFinding[]): void {
    setHidden(findings, all.length === 0);
    findings.replaceChildren(...all.map(({ column, kind, severity, message }) => {
      const item = create('li', severity === 'warning' ? 'result-warning' : '');
      item.append(create('strong', '', `${column}, ${kind}: `), message);
      return item;
    }));
  }

  function draw(result: TaskResult, task: LiveTask, tasks: readonly LiveTask[]): void {
    setText(words, wordsOf(result));
    place.replaceChildren(...picturesOf(result));
    problems = result.kind === 'statistics' ? findQualityProblems(result) : [];
    drawFindings(problems);
    const others = tasks.filter((other) => other.withoutModel === true && other.version > 0 && other.task !== task.task).map((other) => other.task);
    drift(result.kind === 'statistics' ? { task: task.task, version: task.version, result, others } : null);
  }

  function drawNothing(said: string): void {
    setText(words, said);
    place.replaceChildren();
    problems = [];
    drift(null);
  }

  async function ask(task: LiveTask, tasks: readonly LiveTask[], key: string): Promise<void> {
    try {
      const result = await getResult(task.task, task.version);
      // Another version may have come meanwhile, or the reader may look at another task.
      if (shown === key) draw(result, task, tasks);
    } catch (thrown) {
      if (shown !== key) return;
      drawNothing(`The result cannot be shown (${thrown instanceof Error ? thrown.message : String(thrown)}).`);
      // The next state asks again.
      shown = '';
    }
  }

  return (task, tasks) => {
    setHidden(card, task.withoutModel !== true);
    if (task.withoutModel !== true) return;
    const key = `${task.task} ${task.version}`;
    if (shown === key) return;
    shown = key;
    if (task.version > 0) return void ask(task, tasks, key);
    drawNothing('Nothing yet: the first round gives the first result.');
  };
}

async function getJson(path: string): Promise<unknown> {
  const response = await fetch(path);
  if (!response.ok) throw new MurmurError('unavailable', `the coordinator answers ${response.status}`);
  return response.json();
}

async function getResult(task: string, version: number | 'latest'): Promise<TaskResult> {
  return ((await getJson(`api/tasks/${encodeURIComponent(task)}/versions/${version}/result`)) as { result: TaskResult }).result;
}

async function getVersions(task: string): Promise<readonly { readonly version: number; readonly createdAt: number }[]> {
  return ((await getJson(`api/tasks/${encodeURIComponent(task)}/versions`)) as { versions: { version: number; createdAt: number }[] }).versions;
}

function wordsOf(result: TaskResult): string {
  const basis = `${formatCount(result.rows)} ${result.kind === 'statistics' ? 'rows' : 'examples'} at ${formatCount(result.edges)} edges; no number rests on fewer than ${formatCount(result.leastEdges)}.`;
  switch (result.kind) {
    case 'statistics':
      return basis;
    case 'ridge':
      return `Ridge regression with a penalty of ${formatNumber(result.penalty)} on ${basis}`;
    case 'kmeans':
      return `${formatCount(result.clusters.length)} of ${formatCount(result.wanted)} clusters, mean squared distance ${formatNumber(result.inertia)}, on ${basis}`;
    case 'pca':
      return `${formatCount(result.components.length)} components of a variance of ${formatNumber(result.variance)}, on ${basis}`;
  }
}

function picturesOf(result: TaskResult): HTMLElement[] {
  switch (result.kind) {
    case 'statistics':
      return [...result.columns.map(drawColumn), ...(result.covariance === null ? [] : [drawCovariance(result.covariance)])];
    case 'ridge':
      return [titled('Variance explained', drawPercents('Variance explained', result.targets.map(({ name, explained }) => ({ label: name, share: explained ?? 0 })))), ...drawByFeature(result)];
    case 'kmeans':
      return [titled('Examples by cluster', drawShares('Examples by cluster', result.clusters.map(({ count }, i) => ({ label: `cluster ${i}`, count })), result.rows)), ...drawByFeature(result)];
    case 'pca':
      return [titled('Share of the variance', drawPercents('Share of the variance', result.components.map(({ share }, i) => ({ label: `component ${i + 1}`, share })))), ...drawByFeature(result)];
  }
}

function titled(title: string, drawn: HTMLElement): HTMLElement {
  const box = create('article', 'result-column');
  box.append(create('h3', '', title), drawn);
  return box;
}
