/** A Node agent in gossip mode: a peer with this machine's data, in a mesh that needs no coordinator once it is in. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { sleep, systemClock } from '../../shared/clock.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { swarmOf } from '../../shared/gossip/swarm.ts';
import { asTaskId, type EdgeId, type TaskId } from '../../shared/ids.ts';
import { silentLogger, type Logger } from '../../shared/logger.ts';
import { initialParameters } from '../../shared/model/build-model.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';
import { encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import type { DatasetSource } from '../datasets/dataset-source.ts';
import { reconnectWait } from '../edge/reconnect.ts';
import type { GossipEvent } from '../gossip/events.ts';
import { createGossipPeer, type GossipPeer } from '../gossip/gossip-peer.ts';
import { mostFrameBytes } from '../gossip/most-frame-bytes.ts';
import { createMesh, type Mesh, type MeshOptions } from '../gossip/mesh.ts';
import type { MeshEvent, MeshMetrics } from '../gossip/mesh-events.ts';
import { createRelayTransport } from '../gossip/relay-transport.ts';
import type { RendezvousClient } from '../gossip/rendezvous-client.ts';
import { createSocketIntroducer } from '../gossip/socket-introducer.ts';
import { createStatusTeller } from '../gossip/status-teller.ts';
import { openNodeConnection } from '../gossip/webrtc/node/node-connection.ts';
import { createWebRtcTransport } from '../gossip/webrtc/webrtc-transport.ts';
import { createBreather } from '../training/breather.ts';
import { createTaskTrainers } from '../training/task-backends.ts';
import { openTaskBackends, readOrMeasureBackend } from './backend-file.ts';
import { openIdentity } from './identity-file.ts';
import { NODE_TRANSPORTS } from './node-socket-link.ts';
import { requireListenable, startPeerListener } from './peer-listener.ts';
import { openPeerModelFile } from './peer-model-file.ts';

export interface GossipAgentOptions {
  /** Left out: the only one in gossip mode that the introducers have. */
  readonly task?: TaskId;
  /** Addresses of a coordinator and of peers that listen: each can let this one in. */
  readonly introducers: readonly string[];
  /** The data for the task, or null where this agent has none for it. */
  readonly dataset: (task: TaskId, spec: GossipTask) => DatasetSource | null;
  /** Where the key pair and the model are kept. One folder is one peer. */
  readonly stateFolder: string;
  /** As for agents of rounds. */
  readonly measurementsFolder?: string;
  /** What introducers ask of newcomers; asked of those that come in by this peer's own listener, too. */
  readonly token?: string;
  readonly name?: string;
  readonly backend?: BackendName;
  /** Lets newcomers in at this address. */
  readonly listen?: { readonly host?: string; readonly port: number };
  /** The one address to be reached at by WebRTC: `127.0.0.1` keeps everything on this machine. */
  readonly bindAddress?: string;
  /** WebRTC, and relay where that leads nowhere, unless said otherwise. */
  readonly transports?: MeshOptions['transports'];
  readonly logger?: Logger;
  readonly onEvent?: (event: GossipEvent) => void;
  readonly onMeshEvent?: (event: MeshEvent) => void;
  /** Ends the start; once the agent runs, `stop` does. */
  readonly signal?: AbortSignal;
}

export interface RunningGossipAgent {
  readonly peer: EdgeId;
  readonly task: GossipTask;
  readonly backend: BackendName;
  /** Where newcomers can come in; null: it does not listen. */
  readonly url: string | null;
  /** Of the last round that ended. */
  readonly round: number;
  readonly metrics: MeshMetrics;
  /** The model as it is now, as safetensors, like `models export` writes it: `models adopt` takes it. */
  exportModel(): Uint8Array;
  /** Resolves when the task's rounds are over, or after `stop`; rejects where training fails for good. */
  readonly finished: Promise<void>;
  /** Says goodbye and keeps the model. */
  stop(): Promise<void>;
}

/** A model that is not older than this is lost at most when the process is killed. */
const SAVE_MS = 10_000;

/** @throws bad_config; not_found: no such task; bad_token, revoked, conflict (it takes no newcomers); bad_dataset, backend_failed, storage_failed; the signal's reason */
export async function startGossipAgent(options: GossipAgentOptions): Promise<RunningGossipAgent> {
  const { logger = silentLogger, token, onEvent = () => undefined, onMeshEvent = () => undefined } = options;
  if (options.introducers.length === 0) throw new MurmurError('bad_config', 'a peer needs somebody who lets it in: the address of a coordinator, or of a peer that listens');
  const wrong = options.introducers.find((url) => !URL.canParse(url));
  if (wrong !== undefined) throw new MurmurError('bad_config', `${JSON.stringify(wrong)} is no address; give one like http://127.0.0.1:8700`);
  if (options.listen !== undefined) requireListenable(options.listen.host, token);
  const stopper = new AbortController();
  const signal = options.signal === undefined ? stopper.signal : AbortSignal.any([stopper.signal, options.signal]);
  const clock = systemClock;
  const random = createRandom(Date.now() ^ process.pid);
  const folder = resolve(options.stateFolder);
  const identity = await openIdentity(folder);
  const measurements = resolve(options.measurementsFolder ?? folder);
  const choice = await readOrMeasureBackend(measurements, options.backend, clock, signal);
  const clients = options.introducers.map((url) => createSocketIntroducer({ url, identity, peerName: options.name ?? hostname(), clock, transports: NODE_TRANSPORTS, ...(token === undefined ? {} : { token }) }));

  // Everything is ready before others count on this peer.
  const task = await findTask(clients, options.task, signal, (introducer, error) => onMeshEvent({ type: 'introducer-failed', introducer, error }));
  const name = asTaskId(task.name);
  const swarm = swarmOf(task);
  const source = options.dataset(name, task);
  if (source === null) throw new MurmurError('bad_dataset', `no dataset was given for task ${name}`);
  const createTrainer = createTaskTrainers({ choice, forced: options.backend !== undefined, memory: openTaskBackends(measurements, clock, signal), logger });
  const trainer = await createTrainer(task, await source.load(task.data));

  const started: (() => Promise<void> | void)[] = [() => trainer.dispose()];
  const end = async (): Promise<void> => {
    for (const one of started.splice(0).reverse()) await one();
  };
  try {
    signal.throwIfAborted();
    return await join(trainer);
  } catch (thrown) {
    await end();
    throw thrown;
  }

  async function join(trainer: Trainer): Promise<RunningGossipAgent> {
    const file = openPeerModelFile(folder, { task: name, swarm, layout: trainer.layout, logger });
    const kept = await file.load();
    const initial = kept?.parameters ?? (await initialParameters(task)).values;
    const teller = createStatusTeller(clock, 'node');
    const mesh: Mesh = createMesh({
      task: name, identity, introducers: clients.map((client) => teller.watch(client)), clock, random: random.fork('mesh'), logger, maxFrameBytes: mostFrameBytes(task, trainer.layout.size),
      transports: options.transports ?? nodeTransports(options.bindAddress ?? null),
      onEvent(event) {
        teller.onMesh(event);
        onMeshEvent(event);
      },
    });
    const breather = createBreather();
    started.push(() => breather.close());
    const peer: GossipPeer = createGossipPeer({
      task, network: mesh, trainer, initial, behind: kept?.round ?? 0, clock, random: random.fork('peer'), logger, breathe: () => breather.breathe(),
      onEvent(event) {
        teller.onGossip(event);
        if (event.type === 'turn') save.due();
        onEvent(event);
      },
    });
    const save = createSaver(() => file.save({ round: peer.round, parameters: peer.model() }), logger);
    started.push(() => mesh.stop());
    const cancelStart = (): void => void mesh.stop();
    signal.addEventListener('abort', cancelStart, { once: true });
    await mesh.start().finally(() => signal.removeEventListener('abort', cancelStart));
    if (mesh.swarm.digest !== swarm) throw new MurmurError('wrong_task', `the introducers do not agree on what task ${name} is`);
    const listener = options.listen === undefined ? null : await startPeerListener({ ...options.listen, mesh, clock, random: random.fork('listener'), logger, ...(token === undefined ? {} : { token }) });
    if (listener !== null) started.push(() => listener.stop());
    teller.start({ swarm, read: () => peer.parameters, metrics: () => mesh.metrics });
    started.push(() => teller.stop());
    started.push(async () => {
      await peer.stop();
      if (peer.round > 0) await save.now();
    });
    peer.start();
    return {
      peer: edgeIdOf(identity.publicKey), task, backend: choice.backend, url: listener?.url ?? null, finished: peer.finished,
      get round() {
        return peer.round;
      },
      get metrics() {
        return mesh.metrics;
      },
      exportModel: () => encodeCheckpoint(createParameters(trainer.layout, peer.model())),
      async stop() {
        stopper.abort(new MurmurError('aborted', 'the agent was stopped'));
        await end();
      },
    };
  }
}

function nodeTransports(bindAddress: string | null): MeshOptions['transports'] {
  return ({ iceServers, conduit }) => [
    createWebRtcTransport({ connect: openNodeConnection, clock: systemClock, iceServers, bindAddress }),
    // Whichever introducer it goes through; relayed channels end when there is none.
    createRelayTransport({ conduit, clock: systemClock }),
  ];
}

/** Asks one after the other, and again where none can be reached. @throws what the last of them refused with, where all refused for good */
async function findTask(clients: readonly RendezvousClient[], wanted: TaskId | undefined, signal: AbortSignal, onFailed: (introducer: string, error: MurmurError) => void): Promise<GossipTask> {
  const random = createRandom(Date.now() ^ process.pid);
  for (let failures = 1; ; failures++) {
    let retryable = false;
    let last: MurmurError | null = null;
    for (const client of clients) {
      try {
        return await client.describe(wanted ?? (await onlyTask(client, signal)), signal);
      } catch (thrown) {
        signal.throwIfAborted();
        last = toMurmurError(thrown);
        retryable ||= last.retryable;
        onFailed(client.name, last);
      }
    }
    if (!retryable && last !== null) throw last;
    await sleep(systemClock, reconnectWait({ failures, windowMs: 0, atWork: false }, random), signal);
  }
}

async function onlyTask(client: RendezvousClient, signal: AbortSignal): Promise<TaskId> {
  const tasks = await client.tasks(signal);
  if (tasks.length === 1) return tasks[0];
  throw new MurmurError('not_found', tasks.length === 0 ? `${client.name} has no task in gossip mode that runs` : `${client.name} has several tasks in gossip mode: ${tasks.join(', ')}; name one with --task`);
}

interface Saver {
  due(): void;
  now(): Promise<void>;
}

/** One write at a time, not too often; a disk that fails costs what was learned since, not the peer. */
function createSaver(save: () => Promise<void>, logger: Logger): Saver {
  let running: Promise<void> | null = null;
  let at = Date.now();
  const write = (): Promise<void> => {
    at = Date.now();
    running ??= save()
      .catch((thrown: unknown) => logger.error({ err: toMurmurError(thrown) }, 'the model could not be kept'))
      .finally(() => {
        running = null;
      });
    return running;
  };
  return {
    due() {
      if (Date.now() - at >= SAVE_MS) void write();
    },
    async now() {
      await running;
      await write();
    },
  };
}
