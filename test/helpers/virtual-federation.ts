/**
 * A whole federation in memory: the real coordinator, gateway and edge sessions under a
 * virtual clock, in-memory links, a simulated disk and SQLite in memory. The model is the
 * toy line y = a·x + b, so that what a round must commit can be worked out.
 */
import { generateKeyPair, randomBytes } from '#platform/crypto';
import { createEdgeSession } from '../../client/edge/edge-session.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import type { EdgeIdentity, EdgeSession, EdgeSessionOptions } from '../../client/edge/session-options.ts';
import type { EdgeStateStore } from '../../client/edge/edge-state-store.ts';
import { createCoordinator, type Coordinator } from '../../server/coordinator/coordinator.ts';
import type { OnPoint } from '../../server/coordinator/points.ts';
import { createEdgeGateway } from '../../server/gateway/edge-gateway.ts';
import { createUploads } from '../../server/gateway/uploads.ts';
import { createBlobStore, type BlobStore } from '../../server/storage/blobs.ts';
import { createReportJournal } from '../../server/storage/report-journal.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import type { Disk } from '../../server/storage/disk.ts';
import type { Store } from '../../server/storage/store.ts';
import { createSimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { createMemoryLinks } from '../../simulations/network/memory-links.ts';
import { createVirtualClock, type VirtualClock } from '../../simulations/virtual-clock.ts';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { silentLogger, type Logger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import type { LiveRound } from '../../shared/protocol/live-view.ts';
import { createRandom } from '../../shared/random.ts';
import { UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { createToyTrainer, TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';

export const PLUGGED_IN: Conditions = { ...UNKNOWN_CONDITIONS, battery: 'none', charging: true, network: 'ethernet', metered: false, downlink: 'unknown', visibility: 'hidden', load: 0 };

export function toySpec(fields: Partial<TaskSpecInput> = {}): TaskSpecInput {
  return {
    name: 'line',
    model: { topology: { class_name: 'Sequential', config: {} }, loss: 'meanSquaredError' },
    data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' } },
    algorithm: { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.1 },
    round: { goal: 2, minimum: 1, selectionSeconds: 5, configurationSeconds: 20, reportingSeconds: 60 },
    ...fields,
  };
}

export interface ToyEdge {
  readonly session: EdgeSession;
  readonly events: EdgeEvent[];
  readonly link: () => Link<EdgeToCoordinator> | null;
}

export interface EdgeSettings {
  /** (x, y) pairs. */
  readonly examples: readonly (readonly [number, number])[];
  /** Held back. */
  readonly heldOut?: readonly (readonly [number, number])[];
  readonly conditions?: () => Conditions;
  readonly name?: string;
  /** Virtual milliseconds that training takes. */
  readonly trainingMs?: number;
  readonly decline?: EdgeSessionOptions['decline'];
  readonly shareLabels?: boolean;
  /** Changes what is sent, to test what the coordinator refuses. */
  readonly tamper?: (type: string, payload: unknown) => unknown;
  /** Opens the edge's links, or throws where the coordinator is not to be reached; `connect` reaches this federation. */
  readonly dial?: (connect: () => Link<EdgeToCoordinator>) => Promise<Link<EdgeToCoordinator>>;
  /** Where it keeps its algorithm's state; left out, it forgets it. */
  readonly state?: EdgeStateStore;
  readonly identity?: EdgeIdentity;
  /** The session's clock, where a test counts its timers; it must go with the federation's. */
  readonly clock?: Clock;
}

export interface VirtualFederation {
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly disk: Disk;
  readonly blobs: BlobStore;
  readonly coordinator: Coordinator;
  readonly rounds: LiveRound[];
  addEdge(settings: EdgeSettings): ToyEdge;
  /** A bare link to the gateway, as a stranger has it. */
  connect(): Link<EdgeToCoordinator>;
  /** Lets time pass until so many rounds have ended. */
  untilRounds(count: number): Promise<void>;
  stop(): Promise<void>;
}

export interface FederationSettings {
  readonly seed?: number;
  readonly latencyMs?: number;
  readonly disk?: Disk;
  readonly store?: Store;
  readonly clock?: VirtualClock;
  readonly onPoint?: OnPoint;
  readonly logger?: Logger;
  /** The loss that the coordinator finds of a version, by its weights [a, b]; left out, it judges none. */
  readonly loss?: (weights: Float32Array) => number;
  /** Deterministic key material for edges. */
  readonly keys?: () => ReturnType<typeof generateKeyPair>;
}

export async function createVirtualFederation(settings: FederationSettings = {}): Promise<VirtualFederation> {
  const { seed = 1, latencyMs = 5, logger = silentLogger } = settings;
  const random = createRandom(seed);
  const clock = settings.clock ?? createVirtualClock(1_000_000);
  const disk = settings.disk ?? createSimulatedDisk({ random: random.fork('disk') });
  const store = settings.store ?? (await openSqliteStore(':memory:'));
  const blobs = createBlobStore(disk);
  const rounds: LiveRound[] = [];
  const coordinator = createCoordinator({
    store, blobs, journal: createReportJournal(disk), clock, random: random.fork('coordinator'), randomBytes, logger, name: 'virtual',
    evaluator: {
      describe: () => Promise.resolve({ parameters: createParameters(TOY_LAYOUT, new Float32Array(2)), problems: [] }),
      evaluate: (_task, _spec, values) => Promise.resolve(settings.loss ? { examples: 1, loss: settings.loss(values), accuracy: null } : null),
      setExamples: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    },
    ...(settings.onPoint ? { onPoint: settings.onPoint } : {}),
  });
  coordinator.listen({ roundEnded: (_task, round) => rounds.push(round) });
  const serveEdge = createEdgeGateway({ coordinator, store, uploads: createUploads(clock), enrolment: { open: false, token: 'enrol', adminToken: 'admin' }, maxReportBytes: 1 << 24, clock, logger });
  const edges: ToyEdge[] = [];

  const connect = (): Link<EdgeToCoordinator> => {
    const { near, far } = createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs });
    serveEdge(far);
    return near;
  };

  return {
    clock, store, disk, blobs, coordinator, rounds, connect,
    addEdge(edge) {
      const events: EdgeEvent[] = [];
      const number = edges.length;
      let link: Link<EdgeToCoordinator> | null = null;
      const session = createEdgeSession({
        connect: async () => {
          link = tampered(edge.dial ? await edge.dial(connect) : connect(), edge.tamper);
          return link;
        },
        identity: edge.identity ?? settings.keys?.() ?? generateKeyPair(),
        name: edge.name ?? `edge ${number}`,
        enrolmentToken: 'enrol',
        checkpoints: { fetch: (digest) => blobs.get(digest) },
        conditions: { read: () => Promise.resolve(edge.conditions?.() ?? PLUGGED_IN) },
        capabilities: () => Promise.resolve({ platform: 'simulated', backend: 'cpu', stepsPerSecond: 100 }),
        datasetFor: () => ({
          name: 'toy',
          load: () => Promise.resolve({
            source: 'toy', validation: null,
            train: { size: edge.examples.length, inputs: Float32Array.from(edge.examples, ([x]) => x), inputShape: [1], scale: 1, labels: Float32Array.from(edge.examples, ([, y]) => y), labelShape: [1] },
          }),
        }),
        createTrainer: () => {
          const trainer = createToyTrainer(edge.examples, edge.heldOut);
          const train: typeof trainer.train = async (options) => {
            await virtualWork(clock, edge.trainingMs ?? 100, options.signal);
            return trainer.train(options);
          };
          return Promise.resolve({ ...trainer, train });
        },
        state: edge.state ?? { load: () => Promise.resolve([]), save: () => Promise.resolve() },
        ...(edge.decline ? { decline: edge.decline } : {}),
        shareLabels: edge.shareLabels ?? false,
        clock: edge.clock ?? clock, random: random.fork(`edge ${number}`), logger,
        onEvent: (event) => events.push(event),
      });
      const toy: ToyEdge = { session, events, link: () => link };
      edges.push(toy);
      void session.start();
      return toy;
    },
    async untilRounds(count) {
      if (!(await clock.runUntil(() => rounds.length >= count))) throw new Error(`only ${rounds.length} of ${count} rounds ended, and nothing is left to wait for`);
    },
    async stop() {
      const stops = edges.map(({ session }) => session.stop());
      stops.push(coordinator.stop());
      let stopped = false;
      void Promise.all(stops).then(() => {
        stopped = true;
      });
      await clock.runUntil(() => stopped);
      await store.close();
    },
  };
}

function virtualWork(clock: VirtualClock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      cancel();
      reject(new MurmurError('aborted', 'training was stopped'));
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function tampered(link: Link<EdgeToCoordinator>, tamper: EdgeSettings['tamper']): Link<EdgeToCoordinator> {
  if (!tamper) return link;
  return {
    get closed() {
      return link.closed;
    },
    request: (type, payload, options) => link.request(type, tamper(type, payload) as typeof payload, options),
    onRequest: (handler) => link.onRequest(handler),
    onClose: (handler) => link.onClose(handler),
    close: (reason) => link.close(reason),
  };
}
