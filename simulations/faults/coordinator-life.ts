/** One process of the coordinator, from its start to its death: the real one over a simulated disk, clock and wire. */
import { createCoordinator, type Coordinator } from '../../server/coordinator/coordinator.ts';
import type { OnPoint } from '../../server/coordinator/points.ts';
import { createEdgeGateway } from '../../server/gateway/edge-gateway.ts';
import { createUploads, type Uploads } from '../../server/gateway/uploads.ts';
import { createBlobStore, type BlobStore } from '../../server/storage/blobs.ts';
import { createReportJournal } from '../../server/storage/report-journal.ts';
import type { Store } from '../../server/storage/store.ts';
import { sleep } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { CoordinatorToEdge } from '../../shared/protocol/messages.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { DownloadServer } from './downloads.ts';
import { bytesFrom } from './bytes-from.ts';
import { createHost, type Host, type Skew } from './host.ts';
import type { Ledger } from './ledger.ts';
import type { World } from './schedule.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { EdgeLinks } from './wire.ts';
import { ENROLMENT, LINE_EVALUATOR } from './world.ts';

export interface Life extends DownloadServer {
  readonly number: number;
  readonly host: Host;
  readonly disk: SimulatedDisk;
  readonly coordinator: Coordinator;
  readonly blobs: BlobStore;
  readonly uploads: Uploads;
  readonly links: Set<EdgeLinks>;
  /** Serves one connection of an edge. */
  readonly serve: (link: Link<CoordinatorToEdge>) => void;
}

export interface LifeOptions {
  readonly number: number;
  readonly name: string;
  readonly world: World;
  readonly clock: VirtualClock;
  readonly skew: Skew;
  readonly disk: SimulatedDisk;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly random: RandomSource;
  readonly logger: (host: Host) => Logger;
  readonly onPoint: OnPoint;
}

export function beginLife({ number, name, world, clock, skew, disk, store, ledger, random, logger: loggerFor, onPoint }: LifeOptions): Life {
  const host = createHost({ clock, skew, earlyMs: world.earlyTimersMs });
  const logger = loggerFor(host);
  const randomBytes = bytesFrom(random.fork('bytes'));
  const ownStore = host.guard(store);
  const blobs = createBlobStore(disk);
  const uploads = createUploads(host.clock);
  // While a file is synced messages come in: what is being journaled may be over by then.
  disk.hold((step) => host.gate() ?? (step === 'sync' && world.syncMs > 0 ? sleep(host.clock, world.syncMs) : null));
  const coordinator = createCoordinator({
    store: ownStore, blobs, journal: createReportJournal(disk, { randomBytes }), clock: host.clock, random, randomBytes, logger, name, evaluator: LINE_EVALUATOR,
    onPoint(point, task, round) {
      if (host.state === 'alive') onPoint(point, task, round);
    },
  });
  const serve = createEdgeGateway({
    coordinator: ledger.watched(coordinator, host), store: ownStore, uploads, enrolment: ENROLMENT, maxReportBytes: 1 << 24, clock: host.clock, logger,
    randomBytes: bytesFrom(random.fork('challenges')), ...(world.chunkBytes === null ? {} : { chunkBytes: world.chunkBytes }),
  });
  return { number, host, disk, coordinator, blobs, uploads, links: new Set(), connections: new Set(), serve };
}
