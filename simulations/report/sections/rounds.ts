/** One run's rounds: who took part, why others did not, and where the time went. */
import type { RunRecord } from '../../run/read-record.ts';
import type { RoundLine } from '../../run/record.ts';
import { figure, type LegendEntry } from '../figure.ts';
import { amountAxis, countAxis, roundAxis, type Axis } from '../plots/axis.ts';
import { flags, line, lines, stackedBars, type Layer } from '../plots/marks.ts';
import { drawPlot, type Mark } from '../plots/plot.ts';
import { extentOf } from '../plots/scale.ts';
import { keysBySum, meansOf, stretchesOf, type Stretches } from '../stretches.ts';

/** More layers than colours would be told apart by nobody: the smallest become one. */
const LAYER_COLORS = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];

const words = (key: string): string => key.replaceAll('-', ' ');

function layersOf(rounds: readonly RoundLine[], stretches: Stretches, of: (line: RoundLine) => Readonly<Record<string, number>>, keys = keysBySum(rounds, of)): readonly (Layer & { readonly label: string })[] {
  const shown = keys.length <= LAYER_COLORS.length ? keys : keys.slice(0, LAYER_COLORS.length - 1);
  const rest = keys.slice(shown.length);
  const layers = shown.map((key, i) => ({ label: words(key), color: LAYER_COLORS[i], values: meansOf(stretches, (round) => of(round)[key] ?? 0) }));
  return rest.length === 0 ? layers : [...layers, { label: `${rest.length} others`, color: 'quiet', values: meansOf(stretches, (round) => rest.reduce((sum, key) => sum + (of(round)[key] ?? 0), 0)) }];
}

const heightOf = (layers: readonly Layer[]): number => Math.max(0, ...(layers[0]?.values ?? []).map((_, i) => layers.reduce((sum, { values }) => sum + values[i], 0)));
const legendOf = (layers: readonly { readonly label: string; readonly color: string }[]): readonly LegendEntry[] => layers.map(({ label, color }) => ({ label, color, shape: 'block' }));

/** A gap between bars only where they are wide enough for one. */
const gapOf = ({ rounds }: Stretches): number => (rounds.length > 60 ? 0 : 1);

const PHASES = ['initialization', 'selection', 'configuration', 'reporting', 'updating'];

function stacked(title: string, note: string, x: Axis, y: (most: number) => Axis, layers: ReturnType<typeof layersOf>, stretches: Stretches, above: readonly Mark[]): string {
  const axis = y(heightOf(layers));
  return figure({ title, note, legend: legendOf(layers), draw: (size) => drawPlot(size, title, x, axis, [stackedBars(stretches.edges, layers, gapOf(stretches)), ...above]) });
}

export function roundsSection({ rounds }: RunRecord): string {
  const stretches = stretchesOf(rounds);
  const x = roundAxis(rounds.at(-1)?.round ?? 0, 'round', stretches.edges.at(-1));
  const some = stretches.edges.length > 1 && stretches.edges[1] - stretches.edges[0] > 1 ? ` Each bar is the mean of ${stretches.edges[1] - stretches.edges[0]} rounds.` : '';
  const aborted = rounds.filter(({ outcome }) => outcome === 'aborted').map((round) => ({ x: round.round, title: `Round ${round.round} was aborted: ${round.reason ?? 'no reason given'}` }));
  const along = (value: (round: RoundLine) => number) => rounds.map((round) => ({ x: round.round, y: value(round) }));
  const marked = aborted.length === 0 ? '' : ` Triangles: aborted rounds.`;

  const taking = countAxis(extentOf(rounds.map(({ selected }) => selected))[1], 'edges');
  const eligible = countAxis(extentOf(rounds.map((round) => round.eligible))[1], 'edges');
  const broken = rounds.some(({ faults }) => faults !== undefined && Object.keys(faults).length > 0);
  const phases = PHASES.filter((phase) => rounds.some(({ phaseMs }) => (phaseMs[phase] ?? 0) > 0));
  const named = [...phases, ...keysBySum(rounds, ({ phaseMs }) => phaseMs).filter((phase) => !PHASES.includes(phase))];
  return [
    figure({
      title: 'Participation', note: `Edges that were selected, and those whose reports counted.${marked}`, legend: [{ label: 'selected', color: 'c2' }, { label: 'reported', color: 'c1' }],
      draw: (size) => drawPlot(size, 'Participation by round', x, taking, [lines([{ points: along((round) => round.selected), color: 'c2' }, { points: along((round) => round.reported), color: 'c1' }]), flags(aborted)]),
    }),
    figure({ title: 'Eligible edges', note: 'Those that met every criterion when the round selected.', draw: (size) => drawPlot(size, 'Eligible edges by round', x, eligible, [line(along((round) => round.eligible), 'c4')]) }),
    stacked('Why edges were not chosen', `Edges that were considered, by reason.${some}`, x, (most) => countAxis(most, 'edges'), layersOf(rounds, stretches, ({ reasons }) => reasons), stretches, []),
    stacked('Where the time went', `Virtual seconds in each phase.${some}`, x, (most) => amountAxis(most, 'seconds'), layersOf(rounds, stretches, ({ phaseMs }) => Object.fromEntries(Object.entries(phaseMs).map(([phase, ms]) => [phase, ms / 1000])), named), stretches, []),
    ...(broken ? [stacked('What broke', `Faults of the scenario, how often each struck.${some}${marked}`, x, (most) => countAxis(most, 'faults'), layersOf(rounds, stretches, ({ faults }) => faults ?? {}), stretches, [flags(aborted)])] : []),
  ].join('');
}
