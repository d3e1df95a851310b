/**
 * One edge's conversation with the coordinator. Every message is parsed by its schema
 * before anything else sees it; nothing that comes from outside throws past `handle`.
 */
import { randomBytes } from '#platform/crypto';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError, toErrorBody } from '../../shared/errors.ts';
import { toHex } from '../../shared/hex.ts';
import type { EdgeId, TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { withCheckedReplies } from '../../shared/protocol/checked-replies.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { CHUNK_BYTES, CHUNK_WINDOW, coordinatorReplies, edgeRequests, PROTOCOL, type CoordinatorToEdge, type EdgeRequest, type EdgeToCoordinator, type ReportReply } from '../../shared/protocol/messages.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { EdgeRecord, Store } from '../storage/store.ts';
import { createFrameBounds, type FrameBound, type FrameBounds } from './frame-bounds.ts';
import { authenticate, enrol, revoked, type EnrolmentPolicy } from './identities.ts';
import { createLobby, type Lobby } from './lobby.ts';
import type { Uploads } from './uploads.ts';

export interface EdgeGatewayOptions {
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly uploads: Uploads;
  readonly enrolment: EnrolmentPolicy;
  /** Bytes of the largest report or accumulator that is taken in, where a task's own are no shorter. */
  readonly maxReportBytes: number;
  /** Shared by all connections; left out, each has its own. */
  readonly frameBounds?: FrameBounds;
  readonly lobby?: Lobby;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Requests = typeof edgeRequests;
type ReplyOf<Type extends keyof Requests> = EdgeToCoordinator[Type]['reply'];
/** What may be asked before the session is open. */
const BEFORE_SESSION = new Set<keyof Requests>(['hello', 'enrol', 'authenticate']);
/** Problems of one message that its refusal names: a message of a million wrong values must not get a million lines back. */
const MOST_ISSUES = 10;
const LONGEST_ISSUE = 200;

type Handlers = { [Type in keyof Requests]: (request: EdgeRequest<Type>) => Promise<ReplyOf<Type>> | ReplyOf<Type> };

/** Serves one link until it closes. */
export function serveEdge(wire: Link<CoordinatorToEdge>, options: EdgeGatewayOptions): void {
  const link = withCheckedReplies(wire, coordinatorReplies);
  const { coordinator, store, uploads, enrolment, clock, logger, frameBounds = createFrameBounds(coordinator), lobby = createLobby(clock) } = options;
  const leaveLobby = lobby.enter(link);
  if (leaveLobby === null) return;
  const challenge = toHex(randomBytes(32));
  let greeted = false;
  let session: EdgeRecord | null = null;

  const edge = (): EdgeId => {
    if (!session) throw new MurmurError('not_authenticated', 'the session is not open: say hello, then enrol or authenticate');
    return session.id;
  };
  const requireGreeting = (): void => {
    if (!greeted) throw new MurmurError('not_authenticated', 'say hello first: the protocol version is agreed there');
  };

  const acceptReport = (request: EdgeRequest<'report'>): Promise<ReportReply> => coordinator.driverOf(request.assignment).report(edge(), request.assignment, request.frame);

  const handlers: Handlers = {
    hello({ protocol }) {
      if (protocol.major !== PROTOCOL.major) {
        throw new MurmurError('unsupported_version', `this coordinator speaks protocol ${PROTOCOL.major}.${PROTOCOL.minor}, the edge ${protocol.major}.${protocol.minor}; update the older of the two`, { details: PROTOCOL });
      }
      greeted = true;
      return { protocol: { major: PROTOCOL.major, minor: Math.min(PROTOCOL.minor, protocol.minor) }, challenge, chunkBytes: CHUNK_BYTES, chunkWindow: CHUNK_WINDOW, enrolment: enrolment.open ? 'open' : 'token' };
    },
    async enrol(request) {
      requireGreeting();
      const record = await enrol(store, enrolment, challenge, request, clock.now());
      logger.info({ edge: record.id, name: record.name, role: record.role }, 'enrolled');
      return { edge: record.id };
    },
    async authenticate(request) {
      requireGreeting();
      if (session && session.id !== request.edge) throw new MurmurError('conflict', `this connection is the session of edge ${session.id}; open another one for edge ${request.edge}`);
      const known = await authenticate(store, challenge, request);
      // Said again, it is no second session.
      if (session === null) {
        session = known;
        leaveLobby();
        coordinator.population.connect(known.id, known.name, link, clock.now());
        await requireNotRevokedMeanwhile(known.id);
      }
      return { openAssignments: coordinator.drivers().flatMap((driver) => driver.openAssignmentsOf(edge())) };
    },
    async tasks() {
      return { tasks: (await coordinator.listTasks()).map(({ id, status }) => ({ task: id, status })) };
    },
    async describe({ task }) {
      return { spec: (await coordinator.getTask(task)).spec };
    },
    checkIn(request) {
      const known = edge();
      coordinator.population.checkIn(known, request, clock.now());
      return { comeBackAfterMs: comeBackAfterMs(request.tasks.map(({ task }) => task)) };
    },
    async configured({ assignment }) {
      await coordinator.driverOf(assignment).configured(edge(), assignment);
      return {};
    },
    async report(request) {
      const driver = coordinator.driverOf(request.assignment);
      requireSize(request.frame, await mostBytes(driver.task, 'report'));
      return acceptReport(request);
    },
    async uploadBegin({ assignment, bytes, digest }) {
      const driver = coordinator.driverOf(assignment);
      driver.requireOwn(edge(), assignment);
      return { received: uploads.begin(edge(), assignment, bytes, digest, await mostBytes(driver.task, 'report')) };
    },
    async uploadChunk({ assignment, offset, data }) {
      const { received, whole } = uploads.chunk(edge(), assignment, offset, data);
      return whole ? { received, report: await lent(whole, () => acceptReport({ assignment, frame: whole })) } : { received };
    },
    async withdraw({ assignment, reason }) {
      await coordinator.driverOf(assignment).withdraw(edge(), assignment, reason);
      return {};
    },
    async accumulator({ task, round, frame }) {
      requireAggregator();
      requireSize(frame, await mostBytes(coordinator.driver(task).task, 'accumulator'));
      return { outcome: await coordinator.driver(task).aggregate(round, frame) };
    },
    async accumulatorBegin({ task, round, bytes, digest }) {
      requireAggregator();
      const most = await mostBytes(coordinator.driver(task).task, 'accumulator');
      return { received: uploads.begin(edge(), `${task} ${round}`, bytes, digest, most) };
    },
    async accumulatorChunk({ task, round, offset, data }) {
      requireAggregator();
      const { received, whole } = uploads.chunk(edge(), `${task} ${round}`, offset, data);
      return whole ? { received, outcome: await lent(whole, () => coordinator.driver(task).aggregate(round, whole)) } : { received };
    },
    async leave() {
      const known = edge();
      const open = coordinator.drivers().flatMap((driver) => driver.openAssignmentsOf(known).map((assignment) => ({ driver, assignment })));
      for (const { driver, assignment } of open) await driver.withdraw(known, assignment, 'it left');
      coordinator.population.leave(known);
      return {};
    },
  };

  /** Once it was answered for, a frame was merged or refused: nobody looks at its bytes any more. */
  async function lent<T>(whole: Uint8Array<ArrayBuffer>, takeIn: () => Promise<T>): Promise<T> {
    try {
      return await takeIn();
    } finally {
      uploads.giveBack(whole);
    }
  }

  function requireAggregator(): void {
    if (session?.role !== 'aggregator') throw new MurmurError('forbidden', 'only an edge enrolled as an aggregator forwards accumulators');
  }

  /** What this task's longest frame has, and never more than is taken in at all. */
  async function mostBytes(task: TaskId, kind: keyof FrameBound): Promise<number> {
    return Math.min(options.maxReportBytes, (await frameBounds.of(task))[kind]);
  }

  function requireSize({ byteLength }: Uint8Array, most: number): void {
    if (byteLength > most) throw new MurmurError('too_large', `the frame has ${byteLength} bytes, at most ${most} are taken`);
  }

  /** A revocation between the look at the store and the opening of the session found no session to cut. */
  async function requireNotRevokedMeanwhile(id: EdgeId): Promise<void> {
    if ((await store.getEdge(id))?.revokedAt === null) return;
    coordinator.population.expel(id, 'revoked');
    throw revoked(id);
  }

  function comeBackAfterMs(tasks: readonly TaskId[]): number {
    const known = coordinator.drivers().filter(({ task }) => tasks.includes(task));
    return known.length > 0 ? Math.min(...known.map((driver) => driver.comeBackAfterMs())) : 10_000;
  }

  async function handle<Type extends keyof Requests>(type: Type, payload: unknown): Promise<object> {
    const parsed = edgeRequests[type].safeParse(payload);
    if (!parsed.success) {
      const issues = parsed.error.issues.slice(0, MOST_ISSUES).map(({ path, message }) => ({ path: path.map(String).join('.').slice(0, LONGEST_ISSUE), message: message.slice(0, LONGEST_ISSUE) }));
      throw new MurmurError('bad_message', `${type}: ${issues.map(({ path, message }) => `${path || '(message)'}: ${message}`).join('; ')}`, { details: issues });
    }
    if (!BEFORE_SESSION.has(type)) edge();
    return handlers[type](parsed.data as EdgeRequest<Type>);
  }

  link.onRequest(async (type, payload) => {
    try {
      if (!Object.hasOwn(edgeRequests, type)) throw new MurmurError('bad_message', `there is no message of type ${JSON.stringify(type.slice(0, 50))}`);
      return await handle(type as keyof Requests, payload);
    } catch (thrown) {
      const body = toErrorBody(thrown);
      logger[body.code === 'internal' ? 'error' : 'debug']({ edge: session?.id, type, code: body.code, err: thrown }, 'request refused');
      throw thrown;
    }
  });
}
