/**
 * The real coordinator of a simulation: its machine, driver, store, journal and gateway, as in production; only clock, disk
 * and evaluator are others. Where a scenario has faults it dies and is started again, on a disk that forgets what was not synced.
 */
import { randomBytes } from '#platform/crypto';
import { createCoordinator, type Coordinator, type CoordinatorListener } from '../../server/coordinator/coordinator.ts';
import type { Evaluator } from '../../server/evaluation/evaluator.ts';
import { createEdgeGateway } from '../../server/gateway/edge-gateway.ts';
import { createUploads, DEFAULT_UPLOAD_LIMITS } from '../../server/gateway/uploads.ts';
import { createBlobStore, type BlobStore } from '../../server/storage/blobs.ts';
import { createDiskOnFiles } from '../../server/storage/disk-on-files.ts';
import { createReportJournal } from '../../server/storage/report-journal.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import type { Store } from '../../server/storage/store.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import type { RandomSource } from '../../shared/random.ts';
import { bytesFrom } from '../faults/bytes-from.ts';
import type { DownloadServer } from '../faults/downloads.ts';
import { createFolderMirror } from '../faults/folder-mirror.ts';
import { createHost, type Host } from '../faults/host.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../faults/simulated-disk.ts';
import { createVirtualLinks, type Line } from '../network/virtual-links.ts';
import { createMemoryFiles } from '../storage/memory-files.ts';
import { createPlainFiles } from '../storage/plain-files.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { TroubledCoordinator, Troubles } from './troubles.ts';

export interface VirtualCoordinatorOptions {
  readonly clock: VirtualClock;
  readonly random: RandomSource;
  readonly evaluator: Evaluator;
  readonly logger: Logger;
  /** Where database, blobs and journal lie; null: in memory. */
  readonly folder: string | null;
  /** Of each of its processes. */
  readonly listener: CoordinatorListener;
  /** A process that was started again goes on. */
  readonly onRestart: () => void;
  /** What breaks it; null: nothing. */
  readonly troubles: Troubles | null;
}

export interface VirtualCoordinator {
  readonly store: Store;
  /** As they lie on its disk, also while it is down. */
  readonly blobs: Pick<BlobStore, 'get' | 'remove'>;
  /** The process that runs now; null while it is down. */
  current(): Coordinator | null;
  /** Where checkpoints come from, for edges whose downloads break; null while it is down. */
  downloads(): DownloadServer | null;
  start(): Promise<void>;
  /** A new connection of an edge, over that line. @throws disconnected while nobody listens */
  connect(line: Line): Link<EdgeToCoordinator>;
  readonly troubled: TroubledCoordinator;
  /** Stops the coordinator, hangs up, and closes the store once `others` have ended, too. */
  stop(others: () => Promise<unknown>): Promise<void>;
}

/** One process of the coordinator. */
interface Process {
  readonly coordinator: Coordinator;
  readonly blobs: BlobStore;
  readonly serve: (link: Link<CoordinatorToEdge>) => void;
  /** What it is to the coordinator that dies; null where it never does. */
  readonly mortal: { readonly host: Host; readonly disk: SimulatedDisk } | null;
}

/** Of a report or an accumulator: as many as a worker's memory could hold. */
const MAX_REPORT_BYTES = 1 << 30;
/** How long whoever looks after it takes to start one again that could not start. */
const SUPERVISOR_MS = 500;

/** Chunks that are under way take no memory of the coordinator's here; what bounds them on a server would bound the fleet. */
const UPLOAD_LIMITS = { ...DEFAULT_UPLOAD_LIMITS, maxUploads: Infinity, maxBytesInAll: Infinity };

export async function createVirtualCoordinator({ clock, random, evaluator, logger, folder, listener, onRestart, troubles }: VirtualCoordinatorOptions): Promise<VirtualCoordinator> {
  // An experiment is no ledger: what a killed process wrote is there, and that is enough.
  const store = await openSqliteStore(folder === null ? ':memory:' : `${folder}/murmuration.db`, { durable: false });
  const links = new Set<Link<CoordinatorToEdge>>();
  const connections = new Set<() => void>();
  let processes = 0;
  let temporary = 0;
  let clockSetMs = 0;
  const began = clock.now();
  let simulatedDisk = troubles && createSimulatedDisk({ random: random.fork('disk'), mirror: folder === null ? null : createFolderMirror(`${folder}/disk`) });
  let last = begin();
  let running = true;
  let stopped = false;

  function begin(): Process {
    const number = processes++;
    const mortal = troubles && simulatedDisk && { host: hostOf(troubles), disk: simulatedDisk };
    const disk = mortal?.disk ?? createDiskOnFiles(folder === null ? createMemoryFiles() : createPlainFiles(folder), { temporaryName: () => `${process.pid}-${temporary++}` });
    const own = { clock: mortal?.host.clock ?? clock, store: mortal?.host.guard(store) ?? store, evaluator: mortal?.host.guard(evaluator) ?? evaluator };
    const blobs = createBlobStore(disk);
    const ownRandom = number === 0 ? random : random.fork(`process ${number}`);
    // Bits of challenges and keys decide nothing, unless messages and files are garbled: then what they become must be the same each time.
    const unpredictable = mortal ? bytesFrom(ownRandom.fork('bytes')) : randomBytes;
    const coordinator = createCoordinator({
      ...own, blobs, journal: createReportJournal(disk, { randomBytes: unpredictable }), random: ownRandom, randomBytes: unpredictable, logger, name: 'simulation',
      ...(mortal && troubles ? { onPoint: (point) => mortal.host.run(() => troubles.onPoint(point)) } : {}),
    });
    mortal?.disk.watch((step) => mortal.host.run(() => troubles?.onStep(step)));
    mortal?.disk.hold(() => mortal.host.gate());
    coordinator.listen(mortal ? heardFrom(mortal.host, listener) : listener);
    const serve = createEdgeGateway({
      coordinator, store: own.store, uploads: createUploads(own.clock, UPLOAD_LIMITS, { lentChunks: true }),
      enrolment: { open: true, token: '', adminToken: '' }, maxReportBytes: MAX_REPORT_BYTES, clock: own.clock, randomBytes: unpredictable, logger,
    });
    return { coordinator, blobs, serve, mortal };
  }

  const lastingBlobs = (): Pick<BlobStore, 'get' | 'remove'> => (simulatedDisk ? createBlobStore(simulatedDisk.another()) : last.blobs);

  function hostOf({ coordinatorSkew: { offsetMs, drift } }: Troubles): Host {
    // A machine's clock goes wrong from its beginning, not from that of each process.
    return createHost({ clock, skew: { offsetMs: offsetMs + clockSetMs + drift * (clock.now() - began), drift } });
  }

  function hangUp(reason: string): void {
    for (const link of [...links]) link.close(reason);
    for (const cut of [...connections]) cut();
  }

  function crash(power: boolean, downMs: number): void {
    if (!running || stopped || last.mortal === null) return;
    const phase = last.coordinator.drivers()[0]?.state().phase ?? 'starting';
    troubles?.struck(`coordinator ${power ? 'power cut' : 'killed'} in ${phase}`);
    logger.debug({ phase, downMs }, power ? 'the power went out' : 'the coordinator was killed');
    fall(power);
    clock.after(downMs, () => void restart());
  }

  function fall(power: boolean): void {
    if (last.mortal === null) return;
    running = false;
    const { host, disk } = last.mortal;
    host.die();
    simulatedDisk = power ? disk.crash() : disk.kill();
    hangUp('the coordinator died');
  }

  async function restart(): Promise<void> {
    if (stopped) return;
    const own = begin();
    last = own;
    running = true;
    try {
      await own.mortal?.disk.sweep();
      await own.coordinator.start();
    } catch (thrown) {
      if (own.mortal?.host.state === 'dead') return;
      logger.debug({ err: toMurmurError(thrown) }, 'the coordinator could not start');
      fall(false);
      clock.after(SUPERVISOR_MS, () => void restart());
      return;
    }
    onRestart();
  }

  return {
    store,
    // Beside the processes: one that dies must not leave whoever asks for them waiting.
    blobs: { get: (digest) => lastingBlobs().get(digest), remove: (digest) => lastingBlobs().remove(digest) },
    current: () => (running && !stopped ? last.coordinator : null),
    downloads: () => (running && last.mortal ? { host: last.mortal.host, blobs: last.blobs, connections } : null),
    start: () => last.coordinator.start(),
    connect(line) {
      if (!running) throw new MurmurError('disconnected', 'nobody listens');
      const { near, far } = createVirtualLinks<EdgeToCoordinator, CoordinatorToEdge>(clock, line);
      links.add(far);
      far.onClose(() => links.delete(far));
      last.serve(far);
      return near;
    },
    troubled: {
      disk() {
        if (simulatedDisk === null) throw new MurmurError('internal', 'a coordinator without faults has no simulated disk');
        return simulatedDisk;
      },
      crash,
      setClock(byMs) {
        clockSetMs += byMs;
        if (running) last.mortal?.host.setClock(byMs);
      },
    },
    async stop(others) {
      stopped = true;
      try {
        last.mortal?.disk.free();
        if (running) await last.coordinator.stop();
      } finally {
        hangUp('the simulation ended');
        await others();
        await store.close();
      }
    },
  };
}

/** What a process that died still says is heard by nobody. */
function heardFrom(host: Host, { changed, roundEnded, tasksChanged }: CoordinatorListener): CoordinatorListener {
  return {
    changed: () => host.run(() => changed?.()),
    roundEnded: (...told) => host.run(() => roundEnded?.(...told)),
    tasksChanged: () => host.run(() => tasksChanged?.()),
  };
}
