/** The real coordinator of a simulation: its machine, driver, store, journal and gateway, as in production; only clock, disk and evaluator are others. */
import { randomBytes } from '#platform/crypto';
import { createCoordinator, type Coordinator } from '../../server/coordinator/coordinator.ts';
import type { Evaluator } from '../../server/evaluation/evaluator.ts';
import { createEdgeGateway } from '../../server/gateway/edge-gateway.ts';
import { createUploads, DEFAULT_UPLOAD_LIMITS } from '../../server/gateway/uploads.ts';
import { createBlobStore, type BlobStore } from '../../server/storage/blobs.ts';
import { createDiskOnFiles } from '../../server/storage/disk-on-files.ts';
import { createReportJournal } from '../../server/storage/report-journal.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import type { Store } from '../../server/storage/store.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import type { RandomSource } from '../../shared/random.ts';
import { createVirtualLinks, type Line } from '../network/virtual-links.ts';
import { createMemoryFiles } from '../storage/memory-files.ts';
import { createPlainFiles } from '../storage/plain-files.ts';

export interface VirtualCoordinatorOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly evaluator: Evaluator;
  readonly logger: Logger;
  /** Where database, blobs and journal lie; null: in memory. */
  readonly folder: string | null;
}

export interface VirtualCoordinator {
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly blobs: BlobStore;
  /** A new connection of an edge, over that line. */
  connect(line: Line): Link<EdgeToCoordinator>;
  /** Stops the coordinator, hangs up, and closes the store once `others` have ended, too. */
  stop(others: () => Promise<unknown>): Promise<void>;
}

/** Of a report or an accumulator: as many as a worker's memory could hold. */
const MAX_REPORT_BYTES = 1 << 30;

/** Chunks that are under way take no memory of the coordinator's here; what bounds them on a server would bound the fleet. */
const UPLOAD_LIMITS = { ...DEFAULT_UPLOAD_LIMITS, maxUploads: Infinity, maxBytesInAll: Infinity };

export async function createVirtualCoordinator({ clock, random, evaluator, logger, folder }: VirtualCoordinatorOptions): Promise<VirtualCoordinator> {
  let temporary = 0;
  const disk = createDiskOnFiles(folder === null ? createMemoryFiles() : createPlainFiles(folder), { temporaryName: () => `${process.pid}-${temporary++}` });
  // An experiment is no ledger: what a killed process wrote is there, and that is enough.
  const store = await openSqliteStore(folder === null ? ':memory:' : `${folder}/murmuration.db`, { durable: false });
  const blobs = createBlobStore(disk);
  const coordinator = createCoordinator({ store, blobs, journal: createReportJournal(disk), evaluator, clock, random, randomBytes, logger, name: 'simulation' });
  const serve = createEdgeGateway({ coordinator, store, uploads: createUploads(clock, UPLOAD_LIMITS, { lentChunks: true }), enrolment: { open: true, token: '', adminToken: '' }, maxReportBytes: MAX_REPORT_BYTES, clock, logger });
  const links = new Set<Link<CoordinatorToEdge>>();
  return {
    coordinator, store, blobs,
    connect(line) {
      const { near, far } = createVirtualLinks<EdgeToCoordinator, CoordinatorToEdge>(clock, line);
      links.add(far);
      far.onClose(() => links.delete(far));
      serve(far);
      return near;
    },
    async stop(others) {
      await coordinator.stop();
      for (const link of links) link.close('the simulation ended');
      await others();
      await store.close();
    },
  };
}
