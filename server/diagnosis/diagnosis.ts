/**
 * Looks on while a task runs, and points out what a practitioner would look for. It changes nothing of the task: what fails
 * here is logged, and the task goes on without it.
 */
import type { FederatedEvaluation } from '../../shared/evaluation/summary.ts';
import { toMurmurError } from '../../shared/errors.ts';
import type { EdgeId, TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { createRandom } from '../../shared/random.ts';
import type { FieldSpec, Statistic } from '../../shared/statistics/statistic.ts';
import { classesOf } from '../../shared/task/data-contract.ts';
import { readsSingleEdges } from '../../shared/task/diagnosis-settings.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { Assignment } from '../coordinator/round-state.ts';
import type { RoundRecord, Store, VersionRecord } from '../storage/store.ts';
import type { FindingRecord } from './finding-record.ts';
import { createFindingsBook, type FindingsBook } from './findings-book.ts';
import { createHistoryBook, type HistoryBook, type RoundOutcome } from './history-book.ts';
import { ROUNDS_KEPT, type EdgePart, type HeldOut, type RoundFacts, type TaskFacts, type TaskHistory } from './history.ts';
import { READINGS } from './registry.ts';

export interface Diagnosis {
  /** Of a task that is taken up again: its rounds so far, and the findings that stand. */
  load(store: Store): Promise<void>;
  /** A report that counts. */
  merged(edge: EdgeId, statistic: Statistic): void;
  refused(edge: EdgeId, code: string): void;
  ended(assignment: Pick<Assignment, 'edge' | 'round' | 'status'>): void;
  /** The step from one version to the next. */
  stepped(before: Float32Array, after: Float32Array): void;
  /**
   * @param version that it committed; null where it was aborted
   * @param evaluation what its edges found of the version that they went on from
   * @returns findings to be stored
   */
  roundEnded(round: RoundRecord, version: VersionRecord | null, evaluation: FederatedEvaluation | null): readonly FindingRecord[];
  /** Findings that stand. */
  findings(): readonly FindingRecord[];
  history(): TaskHistory;
}

export interface DiagnosisOptions {
  readonly task: { readonly id: TaskId; readonly spec: TaskSpec };
  readonly fields: readonly FieldSpec[];
  readonly labelsOf: (edge: EdgeId) => readonly number[] | null;
  readonly learningRate: (round: number) => number | null;
  readonly logger: Logger;
}

const OVER: ReadonlySet<string> = new Set<EdgePart['status']>(['reported', 'declined', 'withdrawn', 'refused', 'lost', 'released']);

export function createDiagnosis({ task, fields, labelsOf, learningRate, logger }: DiagnosisOptions): Diagnosis {
  const facts = factsOf(task.spec);
  const openBook = (earlier: readonly RoundFacts[]): HistoryBook => createHistoryBook({ facts, fields, random: createRandom(0).fork(task.id), labelsOf, earlier });
  // Of one kind for all of a task's rounds: what two judges say cannot be compared.
  const edgesJudge = (task.spec.evaluation ?? null) !== null;
  let book = openBook([]);
  let findings: FindingsBook = createFindingsBook(READINGS);

  /** Nothing that goes wrong here is the task's trouble. */
  function attempt<T>(work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (thrown) {
      logger.error({ task: task.id, err: toMurmurError(thrown) }, 'the task’s trouble could not be read');
      return otherwise;
    }
  }

  const roundFacts = (round: RoundRecord, version: VersionRecord | null, evaluation: FederatedEvaluation | null): RoundOutcome => ({
    round: round.round, outcome: round.outcome === 'committed' ? 'committed' : 'aborted', reason: round.reason, selected: round.selected, reported: round.reported,
    trainLoss: version?.metrics.trainLoss ?? null,
    heldOut: edgesJudge ? judgedByEdges(evaluation) : judgedHere(version),
    learningRate: learningRate(round.round),
  });

  return {
    async load(store) {
      const rounds = (await store.listRounds(task.id, { limit: ROUNDS_KEPT })).filter(({ outcome }) => outcome !== 'running').reverse();
      const versions = new Map((await store.listVersions(task.id, { limit: ROUNDS_KEPT })).map((version) => [version.version, version]));
      book = openBook(rounds.map((round) => ({ ...roundFacts(round, versions.get(round.version ?? -1) ?? null, versions.get(round.baseVersion)?.evaluation ?? null), medianLoss: null, medianCosine: null, stepNorm: null, stepCosine: null })));
      // It stood when it was last looked at: what goes on is not stored in each round.
      const lastIn = rounds.at(-1)?.round ?? 0;
      findings = createFindingsBook(READINGS, (await store.listFindings(task.id, { standing: true })).map((record) => ({ ...record, lastIn: Math.max(record.lastIn, lastIn) })));
    },
    merged: (edge, statistic) => attempt(() => book.merged(edge, statistic), undefined),
    refused: (edge, code) => book.refused(edge, code),
    ended({ edge, round, status }) {
      if (OVER.has(status)) book.ended(edge, round, status as EdgePart['status']);
    },
    stepped: (before, after) => attempt(() => book.stepped(before, after), undefined),
    roundEnded(round, version, evaluation) {
      const changes = attempt(() => {
        book.roundEnded(roundFacts(round, version, evaluation));
        return findings.read(book.history(), round.round);
      }, null);
      for (const [reading, alike] of byReading(changes?.found ?? [])) {
        const [{ what, since, sure }] = alike;
        const edges = alike.flatMap((finding) => finding.edges);
        logger.warn({ task: task.id, round: round.round, reading, since, sure, edges }, `${reading}: ${what}${alike.length === 1 ? '' : `; and so, or nearly so, at ${alike.length - 1} more`}`);
      }
      for (const [reading, alike] of byReading(changes?.over ?? [])) logger.info({ task: task.id, round: round.round, reading, edges: alike.flatMap(({ edges }) => edges), foundIn: alike[0].foundIn }, `${reading}: it is over`);
      // What goes on is stored with what begins or ends, not by itself in each round.
      return changes && changes.found.length + changes.over.length > 0 ? changes.changed : [];
    },
    findings: () => findings.standing(),
    history: () => book.history(),
  };
}

/** A line a reading: where many edges are found alike, the log says so once. What can be done stands with the findings. */
function byReading(records: readonly FindingRecord[]): ReadonlyMap<string, readonly FindingRecord[]> {
  const found = new Map<string, FindingRecord[]>();
  for (const record of records) found.set(record.reading, [...(found.get(record.reading) ?? []), record]);
  return found;
}

const judgedByEdges = (evaluation: FederatedEvaluation | null): HeldOut | null => evaluation && { loss: evaluation.shared.loss, accuracy: evaluation.shared.accuracy, by: 'edges' };

const judgedHere = (version: VersionRecord | null): HeldOut | null => (version?.metrics.loss === undefined ? null : { loss: version.metrics.loss, accuracy: version.metrics.accuracy ?? null, by: 'coordinator' });

function factsOf(spec: TaskSpec): TaskFacts {
  const loss = spec.model?.loss ?? 'meanSquaredError';
  const classes = loss === 'meanSquaredError' ? null : (classesOf(spec.data)?.length ?? null);
  // Of a model that gives each class the same probability. One unit with a sigmoid is two classes; with more, each is a yes or no.
  const chanceLoss = classes === null ? null : loss === 'binaryCrossentropy' ? Math.log(2) : Math.log(classes);
  return { chanceLoss, classes, singleEdges: readsSingleEdges(spec) };
}
