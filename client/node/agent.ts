/** A Node agent: an edge session with this machine's data, conditions and best backend. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { systemClock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { silentLogger, type Logger } from '../../shared/logger.ts';
import type { EdgeId, TaskId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { DatasetSource } from '../datasets/dataset-source.ts';
import type { ConditionsReader } from '../device/conditions-reader.ts';
import { createNodeConditionsReader } from '../device/conditions-node.ts';
import { createEdgeSession } from '../edge/edge-session.ts';
import type { EdgeEvent } from '../edge/events.ts';
import { createHttpCheckpoints } from '../edge/http-checkpoints.ts';
import type { OwnModel } from '../edge/own-models.ts';
import type { EdgeSessionOptions } from '../edge/session-options.ts';
import { createTaskTrainers } from '../training/task-backends.ts';
import { openTaskBackends, readOrMeasureBackend } from './backend-file.ts';
import { openIdentity, openStateFolder } from './identity-file.ts';
import { nodeGet } from './node-get.ts';
import { connectNodeSocketLink } from './node-socket-link.ts';

export interface AgentOptions {
  /** Address of the coordinator. */
  readonly url: string;
  /** The data for a task, or null where this agent has none for it. */
  readonly dataset: (task: TaskId, spec: TaskSpec) => DatasetSource | null;
  /** Where the key pair and the algorithm's state are kept. One folder is one edge. */
  readonly stateFolder: string;
  /** Where it is kept what was measured on this machine; several agents can share it, so that one measures for all. Left out: the state's folder. */
  readonly measurementsFolder?: string;
  readonly enrolmentToken?: string;
  readonly name?: string;
  /** Forced, for every task; left out, the fastest as measured: once on this device, and once for each task's model. */
  readonly backend?: BackendName;
  /** Where this machine stands, in its owner's words (`eu-west`, `ward 3`), 1 to 64 characters: for tasks that select by region. */
  readonly region?: string;
  /** Lets a task that asks know how many examples of each class this agent holds; no unless said otherwise. */
  readonly shareLabels?: boolean;
  readonly conditions?: ConditionsReader;
  readonly decline?: EdgeSessionOptions['decline'];
  readonly logger?: Logger;
  readonly onEvent?: (event: EdgeEvent) => void;
  /** Ends the wait for another agent of this machine that measures; once the agent runs, `stop` does. */
  readonly signal?: AbortSignal;
}

export interface RunningAgent {
  /** null until the session is open. */
  readonly edge: EdgeId | null;
  /** The device's; a task may train on another. */
  readonly backend: BackendName;
  /** Resolves after `stop`; rejects when the coordinator will not have this edge. */
  readonly finished: Promise<void>;
  /** What this edge can use itself: of that task, or of the one that it worked on last; null before it worked. Also once it was stopped. */
  ownModel(task?: TaskId): Promise<OwnModel | null>;
  stop(): Promise<void>;
}

/** @throws bad_config for a region that is none, backend_failed, storage_failed, the signal's reason */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { url, region, logger = silentLogger } = options;
  if (region !== undefined && (region === '' || region.length > 64)) throw new MurmurError('bad_config', 'a region is a name of 1 to 64 characters');
  const folder = resolve(options.stateFolder);
  const identity = await openIdentity(folder);
  const measurements = resolve(options.measurementsFolder ?? folder);
  const choice = await readOrMeasureBackend(measurements, options.backend, systemClock, options.signal);
  const { backend, stepsPerSecond } = choice;
  logger.info({ backend, stepsPerSecond }, 'backend');
  const stopper = new AbortController();
  const session = createEdgeSession({
    connect: (signal) => connectNodeSocketLink(url, signal),
    identity,
    name: options.name ?? hostname(),
    ...(options.enrolmentToken === undefined ? {} : { enrolmentToken: options.enrolmentToken }),
    checkpoints: createHttpCheckpoints(url, nodeGet),
    conditions: options.conditions ?? createNodeConditionsReader(),
    capabilities: () => Promise.resolve({ platform: 'node', backend, stepsPerSecond, ...(region === undefined ? {} : { region }) }),
    shareLabels: options.shareLabels ?? false,
    datasetFor: options.dataset,
    createTrainer: createTaskTrainers({ choice, forced: options.backend !== undefined, memory: openTaskBackends(measurements, systemClock, stopper.signal), logger }),
    state: openStateFolder(folder),
    ...(options.decline ? { decline: options.decline } : {}),
    clock: systemClock,
    random: createRandom(Date.now() ^ process.pid),
    logger,
    ...(options.onEvent ? { onEvent: options.onEvent } : {}),
  });
  await session.start();
  return {
    get edge() {
      return session.edge;
    },
    backend,
    finished: session.finished,
    ownModel: (task) => session.ownModel(task),
    stop() {
      stopper.abort(new MurmurError('aborted', 'the agent was stopped'));
      return session.stop();
    },
  };
}
