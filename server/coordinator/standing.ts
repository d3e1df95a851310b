/** Which version of a task is its best so far, and whether it has stopped getting better: what the label `best` and the rule of patience go by. */
import { findAlgorithm } from '../../shared/algorithms/registry.ts';
import { classesOf } from '../../shared/task/data-contract.ts';
import { isGossipTask, type AnyTask, type Patience } from '../../shared/task/task-spec.ts';
import type { TaskId } from '../../shared/ids.ts';
import type { Store, VersionRecord } from '../storage/store.ts';

type Judge = Patience['of'];
type Metric = Patience['metric'];

interface Judged {
  readonly version: number;
  readonly value: number;
}

export interface Standing {
  /** Who judges, as far as that is known: the first of the task's choices that has said anything. */
  readonly of: Judge | null;
  readonly best: Judged | null;
  /** The version that was the last to get better by the least change that counts. */
  readonly reference: Judged | null;
  /** The newest version that was judged. */
  readonly last: number;
}

export const NO_STANDING: Standing = { of: null, best: null, reference: null, last: 0 };

/** By which measure versions are compared, and whose, the first choice first. */
function choicesOf(spec: AnyTask): { readonly metric: Metric; readonly of: readonly Judge[]; readonly patience: Patience | null } {
  const patience = patienceOf(spec);
  if (patience !== null) return { metric: patience.metric, of: [patience.of], patience };
  const metric = classesOf(spec.data) === null ? 'loss' : 'accuracy';
  // Where a part of the model stays on the edges, no version is a model that anybody uses.
  return { metric, of: findAlgorithm(spec.algorithm.name).personal?.stays === 'part' ? ['personal'] : ['central', 'federated'], patience };
}

/** Tasks that were stored before there was such a rule say nothing of it. */
const patienceOf = (spec: AnyTask): Patience | null => (isGossipTask(spec) ? null : ((spec.stop as Partial<typeof spec.stop>).patience ?? null));

type Measured = Pick<VersionRecord, 'version' | 'metrics' | 'evaluation'>;

function valueOf({ metrics, evaluation }: Measured, of: Judge, metric: Metric): number | null {
  if (of === 'central') return metrics[metric] ?? null;
  return (of === 'federated' ? evaluation?.shared : evaluation?.personal)?.[metric] ?? null;
}

/**
 * Takes a version in, or what was found of it later. By version numbers that do not fall, and what one judge says of a version once.
 * A model that ran away, whose loss is no number, is no better than any other.
 */
export function noteVersion(spec: AnyTask, standing: Standing, version: Measured): Standing {
  const { metric, of, patience } = choicesOf(spec);
  const judge = of.find((one) => valueOf(version, one, metric) !== null);
  // Measures of two judges are not compared: once the better one speaks, what the other said counts no longer.
  if (judge === undefined || (standing.of !== null && of.indexOf(judge) > of.indexOf(standing.of))) return standing;
  const before = standing.of === judge ? standing : { ...NO_STANDING, of: judge };
  const found: Judged = { version: version.version, value: valueOf(version, judge, metric) ?? NaN };
  const better = (than: Judged | null, by: number): boolean => !Number.isNaN(found.value) && (than === null || (metric === 'accuracy' ? found.value > than.value + by : found.value < than.value - by));
  return {
    of: judge, last: found.version,
    best: better(before.best, 0) ? found : before.best,
    reference: better(before.reference, patience?.minimumChange ?? 0) ? found : before.reference,
  };
}

/** Why the task is to end now, or null. */
export function outOfPatience(spec: AnyTask, { of, best, reference, last }: Standing): string | null {
  const patience = patienceOf(spec);
  if (patience === null || of === null || last - (reference?.version ?? 0) < patience.rounds) return null;
  const judge = { central: 'of the central evaluation', federated: 'on the edges’ held-out examples', personal: 'of the edges’ own models' }[of];
  return `the ${patience.metric} ${judge} has not got better since version ${reference?.version ?? 0}, ${patience.rounds} rounds ago${best === null ? '' : `; the best version is ${best.version}`}`;
}

/** From all versions that are stored: what a task that is taken up again begins with. */
export async function loadStanding(store: Pick<Store, 'listVersions'>, task: TaskId, spec: AnyTask): Promise<Standing> {
  const PAGE = 1000;
  const newestFirst: VersionRecord[] = [];
  for (;;) {
    const before = newestFirst.at(-1)?.version;
    const page = await store.listVersions(task, before === undefined ? { limit: PAGE } : { limit: PAGE, before });
    newestFirst.push(...page);
    if (page.length < PAGE) break;
  }
  return newestFirst.reduceRight((standing, version) => noteVersion(spec, standing, version), NO_STANDING);
}
