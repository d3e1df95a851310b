/** What each request of an edge does. Written once for all connections: what differs between two is their `Conversation` alone. */
import { MurmurError } from '../../shared/errors.ts';
import type { EdgeId, TaskId } from '../../shared/ids.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { CHUNK_BYTES, CHUNK_WINDOW, PROTOCOL, type CoordinatorToEdge, type edgeRequests, type EdgeRequest, type EdgeToCoordinator, type ReportReply } from '../../shared/protocol/messages.ts';
import { isGossipTask } from '../../shared/task/task-spec.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { reconnectWithinMs } from '../coordinator/reconnect-window.ts';
import type { EdgeRecord, Store } from '../storage/store.ts';
import type { FrameBound, FrameBounds } from './frame-bounds.ts';
import { authenticate, enrol, revoked, type EnrolmentPolicy } from './identities.ts';
import type { Uploads } from './uploads.ts';

/** What the gateway keeps of one connection: little, since ten thousand edges may stand idle on theirs. */
export interface Conversation {
  readonly link: Link<CoordinatorToEdge>;
  /** What its edge signs to show who it is. */
  readonly challenge: string;
  /** The minor version of the protocol that was agreed; null before hello. */
  protocolMinor: number | null;
  /** Whose session it is, once it is open. */
  session: Pick<EdgeRecord, 'id' | 'role'> | null;
  /** Called when it is known whose it is. */
  readonly leaveLobby: () => void;
}

export interface RequestHouse {
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly uploads: Uploads;
  readonly enrolment: EnrolmentPolicy;
  /** Bytes of the largest report or accumulator that is taken in, where a task's own are no shorter. */
  readonly maxReportBytes: number;
  readonly frameBounds: FrameBounds;
  /** Longer reports come in chunks of this size. Bytes; left out: the protocol's own. */
  readonly chunkBytes?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Requests = typeof edgeRequests;
type ReplyOf<Type extends keyof Requests> = EdgeToCoordinator[Type]['reply'];
export type EdgeRequestHandlers = { readonly [Type in keyof Requests]: (from: Conversation, request: EdgeRequest<Type>) => Promise<ReplyOf<Type>> | ReplyOf<Type> };

/** @throws not_authenticated where its session is not open */
export function edgeOf({ session }: Conversation): EdgeId {
  if (!session) throw new MurmurError('not_authenticated', 'the session is not open: say hello, then enrol or authenticate');
  return session.id;
}

export function createEdgeRequestHandlers({ coordinator, store, uploads, enrolment, frameBounds, chunkBytes = CHUNK_BYTES, clock, logger, ...limits }: RequestHouse): EdgeRequestHandlers {
  const acceptReport = (edge: EdgeId, { assignment, frame }: EdgeRequest<'report'>): Promise<ReportReply> => coordinator.driverOf(assignment).report(edge, assignment, frame);

  /** Once it was answered for, a frame was merged or refused: nobody looks at its bytes any more. */
  async function lent<T>(whole: Uint8Array<ArrayBuffer>, takeIn: () => Promise<T>): Promise<T> {
    try {
      return await takeIn();
    } finally {
      uploads.giveBack(whole);
    }
  }

  /** What this task's longest frame has, and never more than is taken in at all. */
  function mostBytes(task: TaskId, kind: keyof FrameBound): Promise<number> | number {
    const bound = frameBounds.of(task);
    const most = (of: FrameBound): number => Math.min(limits.maxReportBytes, of[kind]);
    return bound instanceof Promise ? bound.then(most) : most(bound);
  }

  /** A revocation between the look at the store and the opening of the session found no session to cut. */
  async function requireNotRevokedMeanwhile(id: EdgeId): Promise<void> {
    if ((await store.getEdge(id))?.revokedAt === null) return;
    coordinator.population.expel(id, 'revoked');
    throw revoked(id);
  }

  return {
    hello(from, { protocol }) {
      if (protocol.major !== PROTOCOL.major) {
        throw new MurmurError('unsupported_version', `this coordinator speaks protocol ${PROTOCOL.major}.${PROTOCOL.minor}, the edge ${protocol.major}.${protocol.minor}; update the older of the two`, { details: PROTOCOL });
      }
      from.protocolMinor = Math.max(0, Math.min(PROTOCOL.minor, protocol.minor));
      return { protocol: { major: PROTOCOL.major, minor: from.protocolMinor }, challenge: from.challenge, chunkBytes, chunkWindow: CHUNK_WINDOW, enrolment: enrolment.open ? 'open' : 'token', reconnectWithinMs: reconnectWithinMs(coordinator.population.online) };
    },
    async enrol(from, request) {
      requireGreeting(from);
      const record = await enrol(store, enrolment, from.challenge, request, clock.now());
      logger.info({ edge: record.id, name: record.name, role: record.role }, 'enrolled');
      return { edge: record.id };
    },
    async authenticate(from, request) {
      requireGreeting(from);
      requireNoOther(from, request.edge);
      const { id, name, role } = await authenticate(store, from.challenge, request);
      // Another edge may have been authenticated here meanwhile: its session must not be answered for under this one's name.
      requireNoOther(from, id);
      // Said again, it is no second session.
      if (from.session === null) {
        from.session = { id, role };
        from.leaveLobby();
        coordinator.population.connect(id, name, from.link, clock.now(), from.protocolMinor ?? 0);
        await requireNotRevokedMeanwhile(id);
      }
      return { openAssignments: coordinator.drivers().flatMap((driver) => driver.openAssignmentsOf(id)) };
    },
    async tasks() {
      return { tasks: (await coordinator.listTasks()).filter(({ spec }) => !isGossipTask(spec)).map(({ id, status }) => ({ task: id, status })) };
    },
    async describe(_from, { task }) {
      const { spec } = await coordinator.getTask(task);
      if (isGossipTask(spec)) throw new MurmurError('wrong_task', `task ${task} is learned by peers among themselves: they connect to \`/peer\``);
      return { spec };
    },
    checkIn(from, request) {
      coordinator.population.checkIn(edgeOf(from), request, clock.now());
      const comeBackAfterMs = coordinator.comeBackAfterMs(request.tasks.map(({ task }) => task));
      return { comeBackAfterMs, reconnectWithinMs: reconnectWithinMs(coordinator.population.online) };
    },
    configured(from, { assignment }) {
      return coordinator.driverOf(assignment).configured(edgeOf(from), assignment).then(() => ({}));
    },
    report(from, { assignment, frame }) {
      const driver = coordinator.driverOf(assignment);
      const takeIn = (most: number): Promise<ReportReply> => {
        requireSize(frame, most);
        return driver.report(edgeOf(from), assignment, frame);
      };
      return Promise.resolve(mostBytes(driver.task, 'report')).then(takeIn);
    },
    async uploadBegin(from, { assignment, bytes, digest }) {
      const [edge, driver] = [edgeOf(from), coordinator.driverOf(assignment)];
      driver.requireOwn(edge, assignment);
      return { received: uploads.begin(edge, assignment, bytes, digest, await mostBytes(driver.task, 'report')) };
    },
    async uploadChunk(from, { assignment, offset, data }) {
      const edge = edgeOf(from);
      const { received, whole } = uploads.chunk(edge, assignment, offset, data);
      return whole ? { received, report: await lent(whole, () => acceptReport(edge, { assignment, frame: whole })) } : { received };
    },
    async withdraw(from, { assignment, reason }) {
      await coordinator.driverOf(assignment).withdraw(edgeOf(from), assignment, reason);
      return {};
    },
    async accumulator(from, { task, round, frame }) {
      requireAggregator(from);
      requireSize(frame, await mostBytes(coordinator.driver(task).task, 'accumulator'));
      return { outcome: await coordinator.driver(task).aggregate(round, frame) };
    },
    async accumulatorBegin(from, { task, round, bytes, digest }) {
      requireAggregator(from);
      const most = await mostBytes(coordinator.driver(task).task, 'accumulator');
      return { received: uploads.begin(edgeOf(from), `${task} ${round}`, bytes, digest, most) };
    },
    async accumulatorChunk(from, { task, round, offset, data }) {
      requireAggregator(from);
      const { received, whole } = uploads.chunk(edgeOf(from), `${task} ${round}`, offset, data);
      return whole ? { received, outcome: await lent(whole, () => coordinator.driver(task).aggregate(round, whole)) } : { received };
    },
    async leave(from) {
      const edge = edgeOf(from);
      const open = coordinator.drivers().flatMap((driver) => driver.openAssignmentsOf(edge).map((assignment) => ({ driver, assignment })));
      for (const { driver, assignment } of open) await driver.withdraw(edge, assignment, 'it left');
      coordinator.population.leave(edge);
      return {};
    },
  };
}

function requireGreeting({ protocolMinor }: Conversation): void {
  if (protocolMinor === null) throw new MurmurError('not_authenticated', 'say hello first: the protocol version is agreed there');
}

function requireNoOther({ session }: Conversation, edge: EdgeId): void {
  if (session && session.id !== edge) throw new MurmurError('conflict', `this connection is the session of edge ${session.id}; open another one for edge ${edge}`);
}

function requireAggregator({ session }: Conversation): void {
  if (session?.role !== 'aggregator') throw new MurmurError('forbidden', 'only an edge enrolled as an aggregator forwards accumulators');
}

function requireSize({ byteLength }: Uint8Array, most: number): void {
  if (byteLength > most) throw new MurmurError('too_large', `the frame has ${byteLength} bytes, at most ${most} are taken`);
}
