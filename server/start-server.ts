/** A whole coordinator in one call: storage, drivers, gateway. What `murmur serve` and `npm start` run. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { randomBytes } from '#platform/crypto';
import { systemClock } from '../shared/clock.ts';
import { MurmurError, toMurmurError } from '../shared/errors.ts';
import { toHex } from '../shared/hex.ts';
import { asTaskId } from '../shared/ids.ts';
import { silentLogger, type Logger } from '../shared/logger.ts';
import type { Examples } from '../shared/model/examples.ts';
import type { LiveRound, LiveState } from '../shared/protocol/live-view.ts';
import type { LiveSwarm } from '../shared/protocol/live-swarm.ts';
import { createRandom } from '../shared/random.ts';
import type { AnyTask, GossipTaskInput, TaskSpecInput } from '../shared/task/task-spec.ts';
import { createCoordinator, type Coordinator } from './coordinator/coordinator.ts';
import type { OnPoint } from './coordinator/points.ts';
import { createEvaluator } from './evaluation/worker-evaluator.ts';
import type { Evaluator } from './evaluation/evaluator.ts';
import { createHttp, type ExtraFile } from './gateway/http.ts';
import { isLoopback } from './gateway/origin.ts';
import { createSecret } from './gateway/secrets.ts';
import { createSockets } from './gateway/sockets.ts';
import { createSwarms, type SwarmsOptions } from './gateway/swarms.ts';
import { createUploads } from './gateway/uploads.ts';
import { createLiveFeed } from './observability/live-feed.ts';
import { createBlobStore } from './storage/blobs.ts';
import { storageFailure } from './storage/disk-errors.ts';
import { ADDRESS_FILE, requireUnused } from './storage/folder-in-use.ts';
import { checkWritable, createNodeDisk } from './storage/node-disk.ts';
import { createReportJournal } from './storage/report-journal.ts';
import { openSqliteStore } from './storage/sqlite-store.ts';
import type { TaskRecord } from './storage/store.ts';

export interface ServerOptions {
  /** Address to bind to; loopback unless said otherwise. Elsewhere both tokens must be given. */
  readonly host?: string;
  /** 0 takes any free one. */
  readonly port?: number;
  /** Folder of the database, the blobs and the journal. */
  readonly data?: string;
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Needed for whatever changes state; left out, one is made and kept in the data folder. */
  readonly adminToken?: string;
  /** Who may enrol as an edge: anybody (loopback only), or who has the token; left out, one is made and kept. */
  readonly enrolment?: { readonly open: true } | { readonly token?: string };
  /** Held-out examples by task, for central evaluation after each round. */
  readonly evaluation?: Readonly<Record<string, (spec: AnyTask) => Promise<Examples>>>;
  /** STUN and TURN servers that peers in gossip mode are told of; none unless given. */
  readonly iceServers?: SwarmsOptions['iceServers'];
  /** Builds models and measures versions; left out, a worker with TensorFlow.js. The server stops it. */
  readonly evaluator?: Evaluator;
  /** Further files to hand out, by path. */
  readonly files?: Readonly<Record<string, ExtraFile>>;
  readonly maxReportBytes?: number;
  readonly logger?: Logger;
  /** Seeds selection; drawn at random unless given. */
  readonly seed?: number;
  readonly onPoint?: OnPoint;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  readonly adminToken: string;
  readonly enrolmentToken: string;
  readonly coordinator: Coordinator;
  createTask(spec: TaskSpecInput | GossipTaskInput): Promise<TaskRecord>;
  startTask(name: string): Promise<void>;
  stopTask(name: string, reason?: string): Promise<void>;
  onLive(listener: (state: LiveState) => void): () => void;
  onRounds(listener: (task: string, rounds: readonly LiveRound[]) => void): () => void;
  /** The swarms of tasks in gossip mode, as their peers tell of themselves. */
  onSwarm(listener: (swarm: LiveSwarm) => void): () => void;
  /** Ends cleanly; rounds under way resume at the next start. */
  stop(): Promise<void>;
}

/** How long an enrolment waits for others to share its sync of the disk, during which nobody else is served. */
const GATHER_MS = 20;

/** @throws bad_config, storage_failed, conflict (a coordinator runs on the data folder already): before any edge is asked to work */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 8700, data = './data', logger = silentLogger } = options;
  const folder = resolve(data);
  requireTokens(host, options);
  const disk = await createNodeDisk(folder);
  await checkWritable(disk);
  await requireUnused(folder);
  const adminToken = options.adminToken ?? (await keptSecret(folder, 'admin-token'));
  const open = options.enrolment !== undefined && 'open' in options.enrolment;
  const givenToken = options.enrolment && 'token' in options.enrolment ? options.enrolment.token : undefined;
  const enrolmentToken = givenToken ?? (await keptSecret(folder, 'enrolment-token'));

  // What was started is stopped in the opposite order, whether starting fails half-way or the server ends.
  const started: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    const store = await openSqliteStore(join(folder, 'murmuration.db'), { gatherEdges: (write) => void systemClock.after(GATHER_MS, write) });
    started.push(() => store.close());
    const evaluator = options.evaluator ?? createEvaluator({ logger });
    started.push(() => evaluator.stop());
    const blobs = createBlobStore(disk);
    const coordinator = createCoordinator({
      store, blobs, journal: createReportJournal(disk), evaluator, clock: systemClock,
      random: createRandom(options.seed ?? new DataView(randomBytes(4).buffer).getInt32(0)), randomBytes, logger,
      name: hostname(), heldOut: async (spec) => (await options.evaluation?.[spec.name]?.(spec)) ?? null,
      ...(options.onPoint ? { onPoint: options.onPoint } : {}),
    });
    const enrolment = { open, token: enrolmentToken, adminToken };
    const swarms = createSwarms({
      coordinator, store, enrolment, rootKey: await keptSecret(folder, 'swarm-root-key', () => toHex(randomBytes(32))), iceServers: options.iceServers ?? [],
      clock: systemClock, random: createRandom(new DataView(randomBytes(4).buffer).getInt32(0)), logger,
    });
    const live = createLiveFeed(coordinator, systemClock, logger, swarms);
    started.push(() => live.stop());
    const boundToLoopback = isLoopback(host);
    const http = await createHttp({ ...options, coordinator, store, blobs, live, swarms, blobFolder: join(folder, 'blobs'), adminToken, boundToLoopback, logger });
    await mkdir(join(folder, 'blobs'), { recursive: true });
    started.push(() => http.close());
    const sockets = createSockets(http.server, {
      coordinator, live, swarms, boundToLoopback, logger,
      gateway: { coordinator, store, uploads: createUploads(systemClock), enrolment, maxReportBytes: options.maxReportBytes ?? 1 << 30, clock: systemClock, logger },
    });
    started.push(() => sockets.close());
    started.push(() => coordinator.stop());
    await coordinator.start();
    await listen(http, host, port);
    const { port: bound } = http.server.address() as AddressInfo;
    const url = `${options.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}`;
    await writeInFolder(join(folder, ADDRESS_FILE), `${JSON.stringify({ url, pid: process.pid })}\n`);
    started.push(() => rm(join(folder, ADDRESS_FILE), { force: true }));
    logger.info({ url, data: folder }, 'the coordinator is up');
    return {
      url, port: bound, data: folder, adminToken, enrolmentToken, coordinator,
      createTask: (spec) => coordinator.createTask(spec),
      startTask: (name) => coordinator.startTask(asTaskId(name)),
      stopTask: (name, reason = 'stopped') => coordinator.stopTask(asTaskId(name), reason),
      onLive: (listener) => live.onState(listener),
      onRounds: (listener) => live.onRounds(listener),
      onSwarm: (listener) => live.onSwarm(listener),
      stop,
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

function requireTokens(host: string, options: ServerOptions): void {
  const token = options.enrolment && 'token' in options.enrolment ? options.enrolment.token : undefined;
  if (options.adminToken === '' || token === '') throw new MurmurError('bad_config', 'an empty token keeps nobody out; leave it out, and one is made and kept in the data folder');
  if (isLoopback(host)) return;
  const missing = [...(options.adminToken ? [] : ['an admin token (--admin-token)']), ...(token ? [] : ['an enrolment token (--enrol-token)'])];
  if (missing.length > 0) throw new MurmurError('bad_config', `binding to ${host} makes the coordinator reachable from other machines: that needs ${missing.join(' and ')}; or bind to 127.0.0.1`);
}

/** A token or key of this data folder: made once, readable by its owner alone. */
async function keptSecret(folder: string, name: string, create = createSecret): Promise<string> {
  const path = join(folder, name);
  try {
    const kept = (await readFile(path, 'utf8')).trim();
    if (kept !== '') return kept;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw new MurmurError('storage_failed', `${path} cannot be read: ${(thrown as Error).message}`, { cause: thrown });
  }
  const secret = create();
  await writeInFolder(path, `${secret}\n`);
  return secret;
}

async function writeInFolder(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (thrown) {
    throw storageFailure(thrown, 'write', path);
  }
}

async function listen(http: { listen(options: { host: string; port: number }): Promise<string> }, host: string, port: number): Promise<void> {
  try {
    await http.listen({ host, port });
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'something else listens there already; stop it or choose another port (--port)' : toMurmurError(thrown).message;
    throw new MurmurError('bad_config', `the coordinator cannot listen on ${host}:${port}: ${why}`, { cause: thrown });
  }
}
