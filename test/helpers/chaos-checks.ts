/** What must hold of a task's stored history, whatever happened while it was made. Each finding is a sentence; none is the wanted answer. */
import type { BlobStore } from '../../server/storage/blobs.ts';
import type { ParticipationRecord, RoundRecord, Store } from '../../server/storage/store.ts';
import { toMurmurError } from '../../shared/errors.ts';
import type { AssignmentId, EdgeId, TaskId } from '../../shared/ids.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createToyTrainer } from '../../simulations/models/toy-trainer.ts';

export type Pairs = readonly (readonly [x: number, y: number])[];

/** A report that its edge was told is in. */
export interface Acknowledged {
  readonly edge: EdgeId;
  readonly round: number;
  readonly assignment: AssignmentId;
}

export interface History {
  readonly store: Store;
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly task: TaskId;
  readonly examplesOf: (edge: EdgeId) => Pairs;
  readonly acknowledged: readonly Acknowledged[];
}

/** Of the toy's full-batch step (`toySpec`). */
const LEARNING_RATE = 0.1;
/** Weights are float32 of size 1: a few roundings. */
const TOLERANCE = 2e-6;

/** One edge's part of the mean: how far its training moves the base. */
async function deltaOf(base: Float32Array, examples: Pairs): Promise<number[]> {
  const trainer = createToyTrainer(examples);
  trainer.load(base);
  await trainer.train({ epochs: 1, batchSize: null, learningRate: LEARNING_RATE, seed: 0 });
  return [...(await trainer.read())].map((weight, i) => weight - base[i]);
}

/** The base moved by the example-weighted mean of the deltas of those named; one named twice counts twice. */
export async function referenceUpdate(base: Float32Array, contributions: readonly Pairs[]): Promise<number[]> {
  const sums = [0, 0];
  let weight = 0;
  for (const examples of contributions) {
    const delta = await deltaOf(base, examples);
    delta.forEach((value, i) => {
      sums[i] += examples.length * value;
    });
    weight += examples.length;
  }
  return sums.map((sum, i) => base[i] + sum / weight);
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

export async function weightsOf({ store, blobs, task }: Pick<History, 'store' | 'blobs' | 'task'>, version: number): Promise<Float32Array> {
  const record = await store.getVersion(task, version);
  if (!record) throw new Error(`no version ${version} is stored`);
  return decodeCheckpoint(await blobs.get(record.checkpoint)).parameters.values;
}

export async function findViolations(history: History): Promise<string[]> {
  const { store, task } = history;
  const found: string[] = [];
  const rounds = await store.listRounds(task, { limit: 10_000 });
  const numbers = rounds.map(({ round }) => round).sort((a, b) => a - b);
  numbers.forEach((round, i) => {
    if (i > 0 && round === numbers[i - 1]) found.push(`round ${round} is stored twice`);
  });
  for (const round of rounds) {
    const participations = await store.listParticipations(task, round.round);
    if (round.outcome === 'aborted' && !round.reason) found.push(`round ${round.round} was aborted without a reason`);
    if (round.outcome !== 'running' && (await store.loadRoundKey(task, round.round)) !== null) found.push(`the journal key of round ${round.round} outlived it`);
    if (round.outcome === 'committed') found.push(...(await committedViolations(history, round, participations)));
  }
  for (const { edge, round, assignment } of history.acknowledged) {
    const record = (await store.listParticipations(task, round)).find((one) => one.assignment === assignment && one.edge === edge);
    const outcome = rounds.find((one) => one.round === round)?.outcome;
    // In a round still under way, the journal knows what the participations do not say yet.
    if (outcome !== 'running' && record?.status !== 'reported') found.push(`the report for ${assignment} was acknowledged, round ${round} (${outcome ?? 'unknown'}) has it as ${record?.status ?? 'nothing'}`);
  }
  return found;
}

async function committedViolations(history: History, round: RoundRecord, participations: readonly ParticipationRecord[]): Promise<string[]> {
  const found: string[] = [];
  if (round.version === null) return [`round ${round.round} was committed without a version`];
  const reported = participations.filter(({ status }) => status === 'reported');
  if (round.reported !== reported.length) found.push(`round ${round.round} counted ${round.reported} reports, ${reported.length} participations are reported`);
  const edges = new Set(reported.map(({ edge }) => edge));
  if (edges.size !== reported.length) found.push(`an edge reported twice in round ${round.round}`);
  let base: Float32Array;
  let weights: Float32Array;
  try {
    base = await weightsOf(history, round.baseVersion);
    weights = await weightsOf(history, round.version);
  } catch (thrown) {
    return [...found, `round ${round.round} made version ${round.version} of ${round.baseVersion}, and one cannot be read: ${toMurmurError(thrown).message}`];
  }
  const contributions = reported.map(({ edge }) => history.examplesOf(edge));
  const expected = await referenceUpdate(base, contributions);
  if (!(distance(weights, expected) <= TOLERANCE)) {
    found.push(`version ${round.version} is [${[...weights].join(', ')}]; the reports of round ${round.round} make [${expected.join(', ')}]: ${await explain(history, base, weights, reported)}`);
  }
  return found;
}

/** Which wrong sum it is, for whoever reads the finding. */
async function explain(history: History, base: Float32Array, weights: Float32Array, reported: readonly ParticipationRecord[]): Promise<string> {
  for (const one of reported) {
    const others = reported.filter((other) => other !== one).map(({ edge }) => history.examplesOf(edge));
    const own = history.examplesOf(one.edge);
    if (others.length > 0 && distance(weights, await referenceUpdate(base, others)) <= TOLERANCE) return `that of ${one.assignment} is missing`;
    if (distance(weights, await referenceUpdate(base, [...others, own, own])) <= TOLERANCE) return `that of ${one.assignment} counts twice`;
  }
  return 'no single report missing or counted twice explains it';
}
