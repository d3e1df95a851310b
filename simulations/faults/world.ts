/** What never differs between two runs: the task that is learned, its layout, the edges' keys and what each holds. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { EdgeIdentity } from '../../client/edge/session-options.ts';
import type { Evaluator } from '../../server/evaluation/evaluator.ts';
import { findRule, type AggregationSpec } from '../../shared/aggregation/registry.ts';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { asTaskId, type EdgeId } from '../../shared/ids.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import { UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { TOY_LAYOUT } from '../models/toy-trainer.ts';
import type { World } from './schedule.ts';

export const LINE = asTaskId('line');
export const LAYOUT = TOY_LAYOUT;
export const ENROLMENT = { open: false, token: 'enrol', adminToken: 'admin' } as const;

export const PLUGGED_IN: Conditions = { ...UNKNOWN_CONDITIONS, battery: 'none', charging: true, network: 'ethernet', metered: false, downlink: 'unknown', visibility: 'hidden', load: 0 };

const fewestReports = ({ goal, minimum }: World): number => Math.min(minimum, goal);

/** A world that was made smaller may be too small for its rule. */
export function aggregationIn(world: World): AggregationSpec {
  const { aggregation, aggregated } = world;
  return aggregated === 0 && buffersIn(world) === null && findRule(aggregation).bound(aggregation).reports <= fewestReports(world) ? aggregation : { rule: 'mean' };
}

/** null: rounds have a common deadline. Sums that an aggregator made cannot be weighed by their staleness. */
export const buffersIn = ({ aggregated, buffered }: World): World['buffered'] => (aggregated === 0 ? buffered : null);

function algorithmIn(world: World): TaskSpecInput['algorithm'] {
  const local = { epochs: 1, batchSize: null, learningRate: 0.1 };
  const buffers = buffersIn(world);
  if (buffers === null) return { name: 'fedavg', ...local };
  const { concurrency, exponent, mostStaleness } = buffers;
  return { name: 'fedbuff', ...local, concurrency, mostStaleness, staleness: exponent === 0 ? { name: 'constant' } : { name: 'polynomial', exponent } };
}

/** The line y = a·x + b by one full-batch step: a round's result can be worked out from its reports. */
export function specOf(world: World): TaskSpecInput {
  const { goal, overSelection, rounds, retrySeconds, journal } = world;
  return {
    name: LINE,
    model: { topology: { class_name: 'Sequential', config: {} }, loss: 'meanSquaredError' },
    data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' } },
    algorithm: algorithmIn(world),
    round: {
      goal, minimum: fewestReports(world), overSelection: buffersIn(world) === null ? overSelection : 1,
      selectionSeconds: world.selectionSeconds, configurationSeconds: world.configurationSeconds, reportingSeconds: world.reportingSeconds, absenceSeconds: world.absenceSeconds,
      retrySeconds, retryLongestSeconds: 4 * retrySeconds, comeBackSeconds: world.comeBackSeconds,
    },
    aggregation: aggregationIn(world),
    privacy: { journal },
    stop: { rounds },
  };
}

export const SCHEMA: StatisticSchema = statisticSchemaFor(parseTaskSpec({ ...specOf({ goal: 1, minimum: 1, aggregated: 0, buffered: null, aggregation: { rule: 'mean' } } as World), round: { goal: 1 }, stop: {}, privacy: {} }), LAYOUT);

export type Pairs = readonly (readonly [x: number, y: number])[];

export const examplesOf = (edge: number): Pairs => Array.from({ length: 1 + (edge % 3) }, () => [1 + edge / 2, 3 - edge] as const);

export function datasetOf(examples: Pairs): Dataset {
  return {
    source: 'line', validation: null,
    train: { size: examples.length, inputs: Float32Array.from(examples, ([x]) => x), inputShape: [1], scale: 1, labels: Float32Array.from(examples, ([, y]) => y), labelShape: [1] },
  };
}

/** What the coordinator knows of the line without TensorFlow. */
export const LINE_EVALUATOR: Evaluator = {
  describe: () => Promise.resolve({ parameters: createParameters(LAYOUT, new Float32Array(2)), problems: [] }),
  evaluate: () => Promise.resolve(null),
  setExamples: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

export interface KnownIdentity extends EdgeIdentity {
  readonly id: EdgeId;
}

// Ed25519 secret keys in DER (RFC 8410).
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const identities = new Map<string, KnownIdentity>();

/** The same key in every run and every process: keys cost more than most runs, and a trace must not depend on them. */
export function identityOf(name: string): KnownIdentity {
  const known = identities.get(name);
  if (known) return known;
  const secretKey = new Uint8Array(createHash('sha256').update(`a simulated edge named ${name}`).digest());
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secretKey]), format: 'der', type: 'pkcs8' });
  const publicKey = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32));
  const identity: KnownIdentity = { secretKey, publicKey, id: edgeIdOf(publicKey) };
  identities.set(name, identity);
  return identity;
}
