/** A tab as a peer, inside the worker: mesh, gossip and training. What workers lack, WebRTC, it has from its page over a port. */
import { randomBytes } from '#platform/crypto';
import { sleep, systemClock } from '../../shared/clock.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { MurmurError } from '../../shared/errors.ts';
import { swarmOf } from '../../shared/gossip/swarm.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { initialParameters } from '../../shared/model/build-model.ts';
import { createRandom } from '../../shared/random.ts';
import { encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import type { DatasetSource } from '../datasets/dataset-source.ts';
import type { EdgeIdentity } from '../edge/session-options.ts';
import { createGossipPeer } from '../gossip/gossip-peer.ts';
import { createMesh, type MeshOptions } from '../gossip/mesh.ts';
import { mostFrameBytes } from '../gossip/most-frame-bytes.ts';
import { createRelayTransport } from '../gossip/relay-transport.ts';
import { createSocketIntroducer } from '../gossip/socket-introducer.ts';
import { createStatusTeller } from '../gossip/status-teller.ts';
import { createPortTransport } from '../gossip/webrtc/port-transport.ts';
import { createBreather } from '../training/breather.ts';
import type { BackendChoice } from '../training/choose-backend.ts';
import { createTaskTrainers } from '../training/task-backends.ts';
import type { EdgeStorage } from './edge-storage.ts';
import { errorBody, speedOf, type Tell } from './worker-house.ts';
import type { GossipStartOptions } from './worker-messages.ts';

export interface GossipSession {
  /** Resolves when the task's rounds are over and the owner has left, or after `stop`; rejects where training fails for good. */
  readonly finished: Promise<void>;
  /** Sends the model as it is now to the page. */
  exportModel(): void;
  stop(): Promise<void>;
}

export interface GossipSessionParts {
  readonly options: GossipStartOptions;
  readonly storage: Pick<EdgeStorage, 'taskBackends'>;
  readonly source: DatasetSource | null;
  readonly choice: BackendChoice;
  readonly identity: EdgeIdentity;
  readonly tell: Tell;
  readonly logger: Logger;
}

const METRICS_MS = 1000;

/** @throws wrong_task: the coordinator has another task of that name now; bad_dataset, backend_failed, bad_token, revoked, not_found, conflict */
export async function startGossipSession({ options, storage, source, choice, identity, tell, logger }: GossipSessionParts): Promise<GossipSession> {
  const { task } = options;
  if (source === null) throw new MurmurError('bad_dataset', `no examples were given for task ${task.name}`);
  const swarm = swarmOf(task);
  const random = createRandom(new DataView(randomBytes(4).buffer).getInt32(0));
  const createTrainer = createTaskTrainers({
    choice, forced: options.backend !== null, memory: storage.taskBackends(), logger,
    onMeasured: (name, backend, tried) => tell({ type: 'note', text: `${name} trains on ${backend}: ${tried.map(speedOf).join(', ')}` }),
  });
  const trainer = await createTrainer(task, await source.load(task.data));
  const teller = createStatusTeller(systemClock, 'browser');
  const introducer = createSocketIntroducer({ url: options.url, identity, peerName: options.name, clock: systemClock, ...(options.enrolmentToken === null ? {} : { token: options.enrolmentToken }) });
  const mesh = createMesh({
    task: asTaskId(task.name), identity, introducers: [teller.watch(introducer)], transports: transportsOver(tell), clock: systemClock, random: random.fork('mesh'), logger, maxFrameBytes: mostFrameBytes(task, trainer.layout.size),
    onEvent(event) {
      teller.onMesh(event);
      tell({ type: 'mesh', event: 'error' in event ? { ...event, error: errorBody(event.error) } : event });
    },
  });
  const breather = createBreather();
  const peer = createGossipPeer({
    task, network: mesh, trainer, initial: (await initialParameters(task)).values, clock: systemClock, random: random.fork('peer'), logger, breathe: () => breather.breathe(),
    onEvent(event) {
      teller.onGossip(event);
      tell({ type: 'gossip', event: 'error' in event ? { ...event, error: errorBody(event.error) } : event });
    },
  });
  const stopper = new AbortController();
  const { signal } = stopper;

  async function end(): Promise<void> {
    stopper.abort(new MurmurError('aborted', 'the session was ended'));
    await peer.stop();
    teller.stop();
    await mesh.stop();
    trainer.dispose();
    breather.close();
  }

  try {
    await mesh.start();
    if (mesh.swarm.digest !== swarm) throw new MurmurError('wrong_task', `the coordinator has another task ${task.name} than the one you agreed to; reload this page`);
  } catch (thrown) {
    await end();
    throw thrown;
  }
  tell({ type: 'joined', peer: edgeIdOf(identity.publicKey), task: task.name });
  teller.start({ swarm, read: () => peer.parameters, metrics: () => mesh.metrics });
  const showMetrics = async (): Promise<void> => {
    while (!signal.aborted) {
      tell({ type: 'metrics', metrics: mesh.metrics });
      await sleep(systemClock, METRICS_MS, signal);
    }
  };
  showMetrics().catch(() => undefined);
  peer.start();
  const left = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return {
    // A peer whose rounds are over stays: newcomers may want its model, and its owner to download it.
    finished: peer.finished.then(() => left),
    exportModel() {
      const bytes = Uint8Array.from(encodeCheckpoint(createParameters(trainer.layout, peer.model())));
      tell({ type: 'model', task: task.name, round: peer.round, bytes }, [bytes.buffer]);
    },
    stop: end,
  };
}

/** Directly where a path exists, through whoever introduces where none does. */
function transportsOver(tell: Tell): MeshOptions['transports'] {
  return ({ iceServers, conduit }) => {
    const { port1, port2 } = new MessageChannel();
    tell({ type: 'webrtc-wanted', port: port2, iceServers }, [port2]);
    return [createPortTransport(port1), createRelayTransport({ conduit, clock: systemClock })];
  };
}
