/** What must hold of a task's stored history, whatever happened while it was made. Each finding is a sentence; none is the wanted answer. */
import { createBlobStore } from '../../server/storage/blobs.ts';
import type { Disk } from '../../server/storage/disk.ts';
import type { ParticipationRecord, RoundRecord, Store } from '../../server/storage/store.ts';
import { toMurmurError } from '../../shared/errors.ts';
import { asAssignmentId, type AssignmentId } from '../../shared/ids.ts';
import { rememberedIn } from '../../server/coordinator/server-update.ts';
import { decodeCheckpoint, decodeServerState } from '../../shared/tensors/checkpoint.ts';
import type { Delivery, Ledger } from './ledger.ts';
import { contributionOf, damped, distanceFrom, explain, type Combining, type Contribution } from './reference.ts';
import type { World } from './schedule.ts';
import { aggregationIn, buffersIn, LAYOUT, LINE } from './world.ts';

export interface History {
  readonly store: Store;
  /** As the last coordinator left it. */
  readonly disk: Disk;
  readonly ledger: Ledger;
  readonly world: World;
}

/** Why a round may be aborted. Anything else is a finding: an update that makes no model, a journal that nobody can read. */
const REASONS = [
  /^\d+ of the \d+ reports that are needed (can still come|came before the deadline)$/,
  /^the round’s journal cannot be opened: cannot /,
  /^the update failed: cannot /,
];
/** The buffer that is open when a task without a barrier finishes ends with it. */
const FINISHED = /^(1 round is|\d+ rounds are) committed$/;
const NO_JOURNAL = /^the coordinator went down, and this task forbids that reports touch the disk$/;

export async function findViolations(history: History): Promise<string[]> {
  const { store, ledger, world } = history;
  const found: string[] = [];
  const rounds = [...(await store.listRounds(LINE, { limit: 10_000 }))].reverse();
  const byRound = new Map<number, { readonly record: RoundRecord; readonly participations: readonly ParticipationRecord[] }>();
  const weightsOf = weightsReader(history);
  for (const record of rounds) {
    const { round, outcome, reason } = record;
    if (byRound.has(round)) found.push(`round ${round} is stored twice`);
    const participations = await store.listParticipations(LINE, round);
    byRound.set(round, { record, participations });
    const isNewest = round === rounds.at(-1)?.round || (buffersIn(world) !== null && round === rounds.at(-2)?.round);
    if (outcome === 'running' && !isNewest) found.push(`round ${round} never ended, and round ${rounds.at(-1)?.round} came after it`);
    const known = (reason !== null && REASONS.some((one) => one.test(reason))) || (!world.journal && NO_JOURNAL.test(reason ?? '')) || (buffersIn(world) !== null && FINISHED.test(reason ?? ''));
    if (outcome === 'aborted' && !known) found.push(`round ${round} was aborted: ${reason ?? 'without a reason'}`);
    if (outcome !== 'running' && (await store.loadRoundKey(LINE, round)) !== null) found.push(`the journal key of round ${round} outlived it`);
    if (outcome === 'committed') found.push(...(await committedViolations(record, participations, history, weightsOf)));
  }
  found.push(...(await versionViolations(store, rounds)));
  if (buffersIn(world) !== null) return [...found, ...acknowledgedInBuffers(history, [...byRound.values()])];
  for (const [assignment, round] of ledger.acknowledged) {
    const known = byRound.get(round);
    const status = known?.participations.find((one) => one.assignment === assignment)?.status;
    // In a round still under way, the journal knows what the participations do not say yet.
    if (known?.record.outcome === 'running' || status === 'reported') continue;
    if (!world.journal && known?.record.outcome === 'aborted') continue;
    found.push(`the report for ${assignment} was acknowledged, round ${round} (${known?.record.outcome ?? 'unknown'}) has it as ${status ?? 'nothing'}`);
  }
  return found;
}

type WeightsOf = (version: number) => Promise<Float32Array>;

/** Of the versions that are stored. */
export function weightsReader({ store, disk }: Pick<History, 'store' | 'disk'>): WeightsOf {
  const blobs = createBlobStore(disk);
  const known = new Map<number, Promise<Float32Array>>();
  const read = async (version: number): Promise<Float32Array> => {
    const record = await store.getVersion(LINE, version);
    if (!record) throw new TypeError(`no version ${version} is stored`);
    return decodeCheckpoint(await blobs.get(record.checkpoint), LAYOUT).parameters.values;
  };
  return (version) => {
    const reading = known.get(version) ?? read(version);
    known.set(version, reading);
    return reading;
  };
}

/** Versions follow one another, each made by the round that says so. */
async function versionViolations(store: Store, rounds: readonly RoundRecord[]): Promise<string[]> {
  const versions = [...(await store.listVersions(LINE, { limit: 10_000 }))].reverse();
  const found: string[] = [];
  const committed = rounds.filter(({ outcome }) => outcome === 'committed');
  versions.forEach(({ version, round }, i) => {
    if (version !== i) found.push(`version ${i} is missing: the next one is ${version}`);
    if (i > 0 && committed.at(i - 1)?.round !== round) found.push(`version ${version} is of round ${round}, the ${i}th round that was committed is ${committed.at(i - 1)?.round ?? 'none'}`);
  });
  committed.forEach(({ round, version, baseVersion }, i) => {
    if (version !== i + 1 || baseVersion !== i) found.push(`round ${round} made version ${version} of ${baseVersion}, and is the ${i + 1}th that was committed`);
  });
  if (versions.length !== committed.length + 1) found.push(`${versions.length} versions are stored, ${committed.length} rounds were committed`);
  return found;
}

async function committedViolations(round: RoundRecord, participations: readonly ParticipationRecord[], history: History, weightsOf: WeightsOf): Promise<string[]> {
  if (round.version === null) return [`round ${round.round} was committed without a version`];
  const found: string[] = [];
  const reported = participations.filter(({ status }) => status === 'reported');
  if (round.reported !== reported.length) found.push(`round ${round.round} counted ${round.reported} reports, ${reported.length} participations are reported`);
  if (buffersIn(history.world) === null && new Set(reported.map(({ edge }) => edge)).size !== reported.length) found.push(`an edge reported twice in round ${round.round}`);
  let base: Float32Array;
  let weights: Float32Array;
  let combining: Combining;
  try {
    base = await weightsOf(round.baseVersion);
    weights = await weightsOf(round.version);
    combining = await combiningOf(history, round.baseVersion, base);
  } catch (thrown) {
    return [...found, `round ${round.round} made version ${round.version} of ${round.baseVersion}, and one cannot be read: ${toMurmurError(thrown).message}`];
  }
  const assignments = reported.map(({ assignment }) => asAssignmentId(assignment ?? ''));
  const contributions = buffersIn(history.world) === null ? contributionsTo(({ round: of }) => of === round.round, history.ledger, found) : bufferedContributions(round, reported, history, found);
  const { distance } = await explain(weights, base, combining, assignments, contributions);
  if (distance <= 1) return found;
  const shown = `version ${round.version} is [${[...weights].join(', ')}], made of [${[...base].join(', ')}] by round ${round.round} with ${assignments.join(', ')}`;
  return [...found, `${shown}: ${await guess(weights, base, combining, assignments, contributions)}`];
}

async function combiningOf({ store, disk, world }: History, version: number, weights: Float32Array): Promise<Combining> {
  const record = await store.getVersion(LINE, version);
  if (!record) throw new TypeError(`no version ${version} is stored`);
  return { aggregation: aggregationIn(world), last: rememberedIn(decodeServerState(await createBlobStore(disk).get(record.serverState), weights)) };
}

/** What may be in the round's sum; what must not have been taken and was is a finding. */
function contributionsTo(isIn: (delivery: Delivery) => boolean, ledger: Ledger, found: string[]): Contribution[] {
  const contributions: Contribution[] = [];
  for (const delivery of ledger.deliveries) {
    if (!isIn(delivery) || (delivery.fate !== 'accepted' && delivery.fate !== 'open')) continue;
    const contribution = contributionOf(delivery);
    if (contribution) contributions.push(contribution);
    else if (delivery.fate === 'accepted') found.push(`a ${delivery.kind} for ${delivery.contains.join(', ') || `round ${delivery.round}`} was accepted that is none`);
  }
  return contributions;
}

/** Of a task without a barrier: reports count in the round that names them, each as stale as its base is behind the version that the round moved. */
function bufferedContributions(record: RoundRecord, reported: readonly ParticipationRecord[], { ledger, world }: History, found: string[]): Contribution[] {
  const stalenessOf = new Map(reported.map(({ assignment, facts }) => [assignment, facts?.staleness]));
  const { exponent, mostStaleness } = buffersIn(world) ?? { exponent: 0, mostStaleness: 0 };
  for (const [assignment, staleness] of stalenessOf) {
    const behind = record.baseVersion - (ledger.bases.get(asAssignmentId(assignment ?? '')) ?? NaN);
    // Where the update before failed, the version that was being made when the report came never was.
    if (staleness !== behind && staleness !== behind + 1) found.push(`round ${record.round} moved version ${record.baseVersion} and has ${assignment} as ${staleness} versions behind, which is ${behind}`);
    if (behind > mostStaleness) found.push(`round ${record.round} counts ${assignment}, which is ${behind} versions behind`);
  }
  const counted = contributionsTo(({ contains }) => contains.some((id) => stalenessOf.has(id)), ledger, found);
  return counted.map((one) => damped(one, (1 + (stalenessOf.get(one.contains[0]) ?? NaN)) ** -exponent));
}

/** Each report that was acknowledged stands in one round, and in no other. */
function acknowledgedInBuffers({ ledger, world }: History, rounds: readonly { readonly record: RoundRecord; readonly participations: readonly ParticipationRecord[] }[]): string[] {
  // In a buffer still open, the journal knows what the participations do not say yet.
  const mayBeMissing = rounds.some(({ record }) => record.outcome === 'running' || (!world.journal && record.outcome === 'aborted'));
  const found: string[] = [];
  for (const [assignment] of ledger.acknowledged) {
    const where = rounds.filter(({ participations }) => participations.some((one) => one.assignment === assignment && one.status === 'reported'));
    if (where.length > 1) found.push(`the report for ${assignment} counts in the rounds ${where.map(({ record }) => record.round).join(' and ')}`);
    if (where.length === 0 && !mayBeMissing) found.push(`the report for ${assignment} was acknowledged, and no round has it`);
  }
  return found;
}

/** Which wrong sum it is, for whoever reads the finding. */
async function guess(weights: Float32Array, base: Float32Array, combining: Combining, assignments: readonly AssignmentId[], contributions: readonly Contribution[]): Promise<string> {
  const named = assignments.flatMap((id) => contributions.find(({ contains }) => contains.includes(id)) ?? []);
  if (named.length < assignments.length) return 'some of them never reached a coordinator that might have kept it';
  const unique = [...new Set(named)];
  for (const one of unique) {
    const others = unique.filter((other) => other !== one);
    if (others.length > 0 && (await distanceFrom(weights, base, combining, others)) <= 1) return `that of ${one.contains.join(', ')} is missing`;
    if ((await distanceFrom(weights, base, combining, [...unique, one])) <= 1) return `that of ${one.contains.join(', ')} counts twice`;
  }
  return `their sum is ${(await distanceFrom(weights, base, combining, unique)).toPrecision(3)} times the bound away, and no single one missing or counted twice explains it`;
}
