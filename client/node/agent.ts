/** A Node agent: an edge session with this machine's data, conditions and best backend. */
import { hostname } from 'node:os';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '../../shared/clock.ts';
import { silentLogger, type Logger } from '../../shared/logger.ts';
import type { EdgeId, TaskId } from '../../shared/ids.ts';
import { chooseBackend, type BackendChoice } from '../../shared/model/choose-backend.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName, Capabilities } from '../../shared/task/conditions.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { DatasetSource } from '../datasets/dataset-source.ts';
import type { ConditionsReader } from '../device/conditions-reader.ts';
import { createNodeConditionsReader } from '../device/conditions-node.ts';
import { createEdgeSession } from '../edge/edge-session.ts';
import type { EdgeEvent } from '../edge/events.ts';
import { createHttpCheckpoints } from '../edge/http-checkpoints.ts';
import type { EdgeSessionOptions } from '../edge/session-options.ts';
import { createLocalTrainer } from '../training/local-trainer.ts';
import { openIdentity, openStateFolder } from './identity-file.ts';
import { connectNodeSocketLink } from './node-socket-link.ts';

export interface AgentOptions {
  /** Address of the coordinator. */
  readonly url: string;
  /** The data for a task, or null where this agent has none for it. */
  readonly dataset: (task: TaskId, spec: TaskSpec) => DatasetSource | null;
  /** Where the key pair, the measured backend and the algorithm's state are kept. */
  readonly stateFolder: string;
  readonly enrolmentToken?: string;
  readonly name?: string;
  /** Forced; left out, the fastest as measured once. */
  readonly backend?: BackendName;
  readonly conditions?: ConditionsReader;
  readonly decline?: EdgeSessionOptions['decline'];
  readonly logger?: Logger;
  readonly onEvent?: (event: EdgeEvent) => void;
}

export interface RunningAgent {
  /** null until the session is open. */
  readonly edge: EdgeId | null;
  readonly backend: BackendName;
  /** Resolves after `stop`; rejects when the coordinator will not have this edge. */
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

/** @throws backend_failed, storage_failed */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { url, logger = silentLogger } = options;
  const folder = resolve(options.stateFolder);
  const identity = await openIdentity(folder);
  const capabilities = await measureBackend(folder, options.backend);
  logger.info({ backend: capabilities.backend, stepsPerSecond: capabilities.stepsPerSecond }, 'backend');
  const session = createEdgeSession({
    connect: (signal) => connectNodeSocketLink(url, signal),
    identity,
    name: options.name ?? hostname(),
    ...(options.enrolmentToken === undefined ? {} : { enrolmentToken: options.enrolmentToken }),
    checkpoints: createHttpCheckpoints(url),
    conditions: options.conditions ?? createNodeConditionsReader(),
    capabilities: () => Promise.resolve(capabilities),
    datasetFor: options.dataset,
    createTrainer: (spec, dataset) => createLocalTrainer(spec, dataset, { backend: capabilities.backend }),
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
    backend: capabilities.backend,
    finished: session.finished,
    stop: () => session.stop(),
  };
}

/** Measured once on this device and kept beside the key; a forced backend is taken as it is. */
async function measureBackend(folder: string, force: BackendName | undefined): Promise<Capabilities> {
  const path = join(folder, 'backend.json');
  const cached = await readFile(path, 'utf8').then((text) => JSON.parse(text) as BackendChoice, () => null);
  const chosen = await chooseBackend({ ...(force === undefined ? {} : { force }), ...(cached ? { cached } : {}) });
  if (chosen !== cached) await writeFile(path, `${JSON.stringify(chosen)}\n`);
  return { platform: 'node', backend: chosen.backend, stepsPerSecond: chosen.stepsPerSecond };
}
