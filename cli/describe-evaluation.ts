/** What edges found of a version on the examples that they hold back, for people. */
import type { VersionRecord } from '../server/storage/store.ts';
import type { JudgedModel, Measures } from '../shared/evaluation/summary.ts';
import { formatCount, formatLoss, formatPercent } from '../shared/format.ts';
import { formatTable } from './table.ts';

/** Accuracies, or losses where labels are numbers. */
const valueOf = ({ accuracy }: Pick<Measures, 'accuracy'>): ((value: number) => string) => (accuracy === null ? formatLoss : (value) => formatPercent(value));

/** null: nobody judged it. */
export function describeEvaluation({ version, evaluation }: VersionRecord): string | null {
  if (evaluation === undefined) return null;
  const { shared, personal } = evaluation;
  const head = `Version ${version} on the examples that ${formatCount(shared.edges)} ${shared.edges === 1 ? 'edge holds' : 'edges hold'} back (${formatCount(shared.examples)} examples)`;
  const judged: readonly (readonly [string, JudgedModel])[] = [['as it was sent out', shared], ...(personal === null ? [] : [['as each edge has it', personal] as const])];
  const rows = judged.map(([name, found]) => {
    const value = valueOf(found);
    return [name, formatPercent(found.accuracy), formatLoss(found.loss), value(found.mean), value(found.deviation), value(found.worstDecile), value(found.bestDecile)];
  });
  const strata = Object.entries(shared.strata ?? {}).map(([name, found]) => {
    const own = personal?.strata?.[name];
    return [name, formatCount(found.edges), formatCount(found.examples), valueOf(found)(found.mean), formatLoss(found.loss), own === undefined ? '' : valueOf(own)(own.mean)];
  });
  return [
    head, formatTable(['MODEL', 'ACCURACY', 'LOSS', 'MEAN OF EDGES', 'DEVIATION', 'WORST TENTH', 'BEST TENTH'], rows),
    ...(strata.length === 0 ? [] : [formatTable(['GROUP', 'EDGES', 'EXAMPLES', 'MEAN OF EDGES', 'LOSS', ...(personal === null ? [] : ['OWN MODELS'])], personal === null ? strata.map((row) => row.slice(0, -1)) : strata)]),
  ].join('\n');
}
