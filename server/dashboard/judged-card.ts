/** What edges found on the examples that they hold back: the mean over edges in its band from the worst tenth to the best, and the groups of the newest judged version. */
import type { EvaluatedVersion, Measures } from '../../shared/evaluation/summary.ts';
import { formatCount, formatLoss, formatPercent } from '../../shared/format.ts';
import type { LiveRound } from '../../shared/protocol/live-view.ts';
import { createCell } from './cells.ts';
import { ACCURACY_AXIS, createCurve, type Curve, type CurveOptions } from './curve.ts';
import { byId, create, createKeyedList, setAttribute, setHidden, setText, type KeyedRow } from './dom.ts';

const LOSS_AXIS: Pick<CurveOptions, 'format' | 'mark' | 'softRange'> = {
  format: formatLoss,
  mark: (value) => `${Number(value.toFixed(3))}`,
  softRange: (_, max) => [0, Number.isFinite(max) ? Math.max(max * 1.08, 1e-3) : 1],
};

interface Group {
  readonly name: string;
  readonly found: Measures;
  readonly own: Measures | null;
}

const valueOf = ({ accuracy }: Measures): ((value: number) => string) => (accuracy === null ? formatLoss : (value) => formatPercent(value));

function createRow(): KeyedRow<Group> {
  const element = create('tr');
  const name = createCell(element, 'Group');
  const edges = createCell(element, 'Edges', 'number');
  const examples = createCell(element, 'Examples', 'number');
  const mean = createCell(element, 'Mean of edges', 'number');
  const deviation = createCell(element, 'Deviation', 'number');
  const own = createCell(element, 'Own models', 'number');
  return {
    element,
    update(group) {
      const value = valueOf(group.found);
      setText(name.inner, group.name);
      setText(edges.inner, formatCount(group.found.edges));
      setText(examples.inner, formatCount(group.found.examples));
      setText(mean.inner, value(group.found.mean));
      setText(deviation.inner, value(group.found.deviation));
      setText(own.inner, group.own === null ? '–' : value(group.own.mean));
    },
  };
}

function groupsOf({ shared, personal }: EvaluatedVersion): Group[] {
  return Object.entries(shared.strata ?? {}).map(([name, found]) => ({ name, found, own: personal?.strata?.[name] ?? null }));
}

function wordsOf({ version, shared, personal }: EvaluatedVersion): string {
  const value = valueOf(shared);
  const own = personal === null ? '' : ` Their own models: ${value(personal.mean)}, worst tenth ${value(personal.worstDecile)}.`;
  return `Version ${formatCount(version)}, judged by ${formatCount(shared.edges)} ${shared.edges === 1 ? 'edge' : 'edges'} on ${formatCount(shared.examples)} examples: mean of edges ${value(shared.mean)}, `
    + `worst tenth ${value(shared.worstDecile)}, best tenth ${value(shared.bestDecile)}, standard deviation ${value(shared.deviation)}.${own}`;
}

/** A point for each judged version, at the round that made it; version 0 stands before the first round. */
export function judgedVersions(rounds: readonly LiveRound[]): readonly { readonly round: number; readonly evaluation: EvaluatedVersion }[] {
  const madeIn = new Map(rounds.flatMap(({ round, version }) => (version === null ? [] : [[version, round] as const])));
  return rounds.flatMap(({ round, evaluation }) => (evaluation === undefined ? [] : [{ round: madeIn.get(evaluation.version) ?? (evaluation.version === 0 ? 0 : round - 1), evaluation }]));
}

export function createJudgedCard(): (rounds: readonly LiveRound[]) => void {
  const card = byId('judged', HTMLElement);
  const words = byId('judged-words', HTMLElement);
  const table = byId('judged-groups', HTMLElement);
  const legend = byId('legend-judged', HTMLElement);
  const place = byId('judged-plot', HTMLElement);
  const list = createKeyedList(byId('judged-groups-body', HTMLElement), ({ name }: Group) => name, createRow);
  let curve: { readonly chart: Curve; readonly kind: string } | null = null;
  let drawn: readonly LiveRound[] | null = null;

  /** Another kind where another task is looked at: its labels may be numbers, its edges have models of their own. */
  function chartFor({ shared: { accuracy }, personal }: EvaluatedVersion): Curve {
    const kind = `${accuracy === null ? 'loss' : 'accuracy'} ${personal === null ? 'shared' : 'personal'}`;
    if (curve?.kind === kind) return curve.chart;
    legend.replaceChildren();
    // Its own box: a chart that is drawn no more must not draw into the next one's when the theme changes.
    const plot = create('div', 'plot');
    setAttribute(plot, 'role', 'img');
    plot.dataset['testid'] = 'curve-judged';
    place.replaceChildren(plot);
    const chart = createCurve({
      plot, legend, title: 'On the examples that edges hold back',
      series: [
        { label: 'best tenth', colour: '--curve-4', dashed: true },
        { label: 'worst tenth', colour: '--curve-4', dashed: true },
        { label: 'mean of edges', colour: '--curve-4' },
        ...(personal === null ? [] : [{ label: 'own models', colour: '--curve-3' }]),
      ],
      bands: [[0, 1]],
      ...(accuracy === null ? LOSS_AXIS : ACCURACY_AXIS),
    });
    curve = { chart, kind };
    return chart;
  }

  return (rounds) => {
    if (drawn === rounds) return;
    drawn = rounds;
    const judged = judgedVersions(rounds);
    const last = judged.at(-1);
    setHidden(card, last === undefined);
    if (last === undefined) return;
    setText(words, wordsOf(last.evaluation));
    const groups = groupsOf(last.evaluation);
    setHidden(table, groups.length === 0);
    list(groups);
    const values = judged.map(({ evaluation: { shared, personal } }) => [shared.bestDecile, shared.worstDecile, shared.mean, personal?.mean ?? null]);
    const columns = [0, 1, 2, ...(last.evaluation.personal === null ? [] : [3])];
    chartFor(last.evaluation).update(judged.map(({ round }) => round), columns.map((column) => values.map((row) => row[column])));
  };
}
