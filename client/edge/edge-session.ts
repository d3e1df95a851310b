/**
 * The edge's session with the coordinator, the same on every platform: connect, prove who
 * it is, check in, take part, report, and again. It reconnects by itself; an assignment in
 * hand survives a lost connection and a restarted coordinator.
 */
import { sleep } from '../../shared/clock.ts';
import { MurmurError, toErrorBody, toMurmurError } from '../../shared/errors.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { withCheckedReplies } from '../../shared/protocol/checked-replies.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { CHUNK_BYTES, CHUNK_WINDOW, coordinatorRequestParsers, edgeReplyParsers, PROTOCOL, type Assign, type EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { retryAfterOf } from '../../shared/protocol/retry-after.ts';
import { checkInForMinor } from '../../shared/protocol/older-minors.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import { createOwnModels } from './own-models.ts';
import { createParticipation, type Participation } from './participation.ts';
import { proveIdentity } from './prove-identity.ts';
import { reconnectWait } from './reconnect.ts';
import { createRoundTrip } from './round-trip.ts';
import type { EdgeSession, EdgeSessionOptions } from './session-options.ts';
import { createSessionTasks } from './session-tasks.ts';
import { createTaskBench, type TaskBench } from './task-bench.ts';
import type { ChunkSizes } from './upload.ts';

/** What is believed of a coordinator. */
const LONGEST_WINDOW_MS = 3_600_000;
/** Of a refusal; the coordinator takes no longer one. Characters. */
const LONGEST_REASON = 300;

/** What no reconnecting mends. */
const FINAL_CODES = new Set(['revoked', 'bad_token', 'bad_signature', 'unsupported_version', 'forbidden']);

export function createEdgeSession(options: EdgeSessionOptions): EdgeSession {
  const { clock, random, logger } = options;
  const emit = options.onEvent ?? (() => undefined);
  const stopper = new AbortController();
  const bench: TaskBench = createTaskBench(options);
  const tasks = createSessionTasks({ bench, clock, logger, emit, shareLabels: options.shareLabels === true, inHand: () => (working ? [working.assign.task] : []) });
  const own = createOwnModels(options.state);
  let edge: EdgeId | null = null;
  let link: Link<EdgeToCoordinator> | null = null;
  let working: Participation | null = null;
  /** The offer that is being thought over: two may come at once, from two tasks. */
  let deciding: Assign | null = null;
  let running: Promise<void> | null = null;
  let leaving = false;
  /** Over how long the coordinator wants its edges to spread where they lose it. */
  let windowMs = 0;
  /** Of the protocol, as agreed at hello. */
  let minor = 0;
  const roundTrip = createRoundTrip();
  let sizes: ChunkSizes = { chunkBytes: CHUNK_BYTES, chunkWindow: CHUNK_WINDOW };
  /** Ends the check-in loop's wait before its come-back time; also one that has not begun yet. */
  let checkInDue = false;
  let endWait: (() => void) | null = null;
  /** When the next check-in is due, and for how many tasks the last one was. */
  let checkInAt = 0;
  let tasksServed = 0;
  const wake = (): void => {
    checkInDue = true;
    endWait?.();
  };
  let resolveFinished: () => void = () => undefined;
  let rejectFinished: (reason: unknown) => void = () => undefined;
  const finished = new Promise<void>((resolve, reject) => {
    resolveFinished = resolve;
    rejectFinished = reject;
  });
  // Whoever does not look at `finished` is told by events and the log.
  finished.catch(() => undefined);

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopper.signal.aborted) {
      try {
        emit({ type: 'connecting', attempt: failures + 1 });
        const opened = withCheckedReplies(await options.connect(stopper.signal), edgeReplyParsers);
        link = opened;
        const closed = new Promise<string>((resolve) => opened.onClose(resolve));
        void closed.then(wake);
        await open(opened);
        failures = 0;
        const reason = await Promise.race([closed, checkInLoop(opened).then(() => 'left')]);
        opened.close();
        if (stopper.signal.aborted) break;
        throw new MurmurError('disconnected', `the connection to the coordinator was lost: ${reason}`);
      } catch (thrown) {
        link?.close();
        link = null;
        if (stopper.signal.aborted) break;
        const error = toMurmurError(thrown);
        if (FINAL_CODES.has(error.code)) throw error;
        const told = retryAfterOf(error);
        const waitMs = told ?? reconnectWait({ failures, windowMs, atWork: working !== null }, random);
        // A refusal with a time of its own is no failure: the coordinator is there, and expects this edge then.
        if (told === null) failures++;
        logger.warn({ code: error.code, waitMs: Math.round(waitMs) }, error.message);
        emit({ type: 'disconnected', reason: error.message, retryInMs: Math.round(waitMs) });
        await sleep(clock, waitMs, stopper.signal).catch(() => undefined);
      }
    }
  }

  /** Hello, then enrolment where it is needed, then the signature over the challenge. */
  async function open(opened: Link<EdgeToCoordinator>): Promise<void> {
    const hello = await timed(opened.request('hello', { protocol: { major: PROTOCOL.major, minor: PROTOCOL.minor }, software: 'murmuration' }));
    opened.onRequest((type, payload) => onRequest(opened, type, payload));
    const { id: enrolled, openAssignments } = await proveIdentity(opened, hello.challenge, options);
    edge = enrolled;
    minor = hello.protocol.minor;
    spreadOver(hello);
    sizes = { chunkBytes: hello.chunkBytes, chunkWindow: hello.chunkWindow };
    emit({ type: 'connected', edge: enrolled });
    // A report that waits for its answer is sent once more all the same: that answer tells whether it counted.
    if (working && !working.awaitsAnswer && !openAssignments.includes(working.assign.assignment)) working.release('the coordinator no longer expects it');
    else working?.reconnected(opened, sizes);
  }

  /** For requests that are answered without waiting for a disk or for anybody else. */
  function timed<T>(request: Promise<T>): Promise<T> {
    const since = clock.now();
    return request.then((reply) => {
      roundTrip.sample(clock.now() - since);
      return reply;
    });
  }

  /** A coordinator of minor version 0 says nothing of it. */
  function spreadOver({ reconnectWithinMs }: { readonly reconnectWithinMs?: unknown }): void {
    if (typeof reconnectWithinMs === 'number' && reconnectWithinMs >= 0) windowMs = Math.min(reconnectWithinMs, LONGEST_WINDOW_MS);
  }

  /** Says what this edge can serve, again and again, until the link closes. */
  async function checkInLoop(opened: Link<EdgeToCoordinator>): Promise<void> {
    while (!opened.closed && !stopper.signal.aborted) {
      checkInDue = false;
      const comeBackAfterMs = await checkIn(opened);
      checkInAt = clock.now() + comeBackAfterMs;
      if (checkInDue) continue;
      do await waitUntilWoken(Math.max(0, checkInAt - clock.now()));
      while (!checkInDue && clock.now() < checkInAt);
    }
  }

  /** Without an AbortSignal: ten thousand edges wake in each round, and an abort makes an error with its stack each time. */
  function waitUntilWoken(longestMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        endWait = null;
        resolve();
      };
      const cancel = clock.after(longestMs, end);
      endWait = end;
    });
  }

  /** Not chosen: the next check-in moves. Where this edge serves several tasks it only comes sooner, since another one may want it before. */
  function comeBack(afterMs: number): void {
    const at = clock.now() + afterMs;
    checkInAt = tasksServed > 1 ? Math.min(checkInAt, at) : at;
    endWait?.();
  }

  async function checkIn(opened: Link<EdgeToCoordinator>): Promise<number> {
    const served = await tasks.served(opened);
    tasksServed = served.length;
    const [read, capabilities] = await Promise.all([options.conditions.read(), options.capabilities()]);
    // What the device knows of its network in general; else how long this very coordinator takes to answer.
    const conditions = read.roundTripMs === 'unknown' && roundTrip.ms !== null ? { ...read, roundTripMs: roundTrip.ms } : read;
    const { comeBackAfterMs, ...reply } = await timed(opened.request('checkIn', checkInForMinor(minor, { conditions, capabilities, tasks: served })));
    spreadOver(reply);
    emit({ type: 'checked-in', conditions, examples: Object.fromEntries(served.map(({ task, examples }) => [task, examples])), comeBackAfterMs });
    return comeBackAfterMs;
  }

  async function onRequest(opened: Link<EdgeToCoordinator>, type: string, payload: unknown): Promise<object> {
    switch (type) {
      case 'assign':
        return onAssign(opened, coordinatorRequestParsers.assign.parse(payload));
      case 'release': {
        const { assignment, reason } = coordinatorRequestParsers.release.parse(payload);
        if (working?.assign.assignment === assignment) working.release(reason);
        return {};
      }
      case 'comeBack':
        comeBack(coordinatorRequestParsers.comeBack.parse(payload).afterMs);
        return {};
      case 'announce': {
        const { task, version, round } = coordinatorRequestParsers.announce.parse(payload);
        emit({ type: 'version', task, version, round });
        return {};
      }
      case 'tasksChanged':
        tasks.changed();
        wake();
        return {};
      default:
        throw new MurmurError('bad_message', `this edge knows no message of type ${type}`);
    }
  }

  async function onAssign(opened: Link<EdgeToCoordinator>, assign: Assign): Promise<{ readonly accepted: boolean; readonly reason?: string }> {
    // Offered again: it is being worked on, or its first offer will be answered.
    if ((working?.assign ?? deciding)?.assignment === assign.assignment) {
      working?.reportWithin(assign.reportWithinMs);
      return { accepted: true };
    }
    if ((working && !followsOn(working.assign, assign)) || deciding) return declined(assign, 'works on another assignment');
    deciding = assign;
    try {
      if (working) await working.done;
      const reason = await reasonToDecline(opened, assign);
      return reason === null ? takeOn(link ?? opened, assign) : declined(assign, reason);
    } finally {
      deciding = null;
    }
  }

  /**
   * The coordinator may be a round ahead: a task's next assignment can arrive before what ended the last one (the
   * acknowledgement of its report, its release) has been dealt with here. To decline would cost the round this edge.
   */
  function followsOn(last: Assign, next: Assign): boolean {
    return next.task === last.task && next.round > last.round;
  }

  function declined({ task }: Assign, reason: string): { readonly accepted: false; readonly reason: string } {
    emit({ type: 'declined', task, reason });
    return { accepted: false, reason: reason.slice(0, LONGEST_REASON) };
  }

  function takeOn(opened: Link<EdgeToCoordinator>, assign: Assign): { readonly accepted: true } {
    const spec = bench.specOf(assign.task) as TaskSpec;
    const participation = createParticipation({ assign, spec, bench, session: options, link: opened, sizes, emit, own, onStateLost: ({ message }) => tasks.leave(assign.task, message) });
    working = participation;
    emit({ type: 'assigned', task: assign.task, round: assign.round, assignment: assign.assignment });
    void participation.done.then(() => {
      if (working === participation) working = null;
      // Fresh conditions for the next selection; who leaves takes no part in it.
      if (!leaving) wake();
    });
    return { accepted: true };
  }

  async function reasonToDecline(opened: Link<EdgeToCoordinator>, assign: Assign): Promise<string | null> {
    // An edge that was started anew is offered again what it had, before it has asked for any task.
    if (!bench.knows(assign.task)) await tasks.learn(opened, assign.task).catch(() => undefined);
    if (!bench.specOf(assign.task) || bench.examplesOf(assign.task) === null) return `holds no data for task ${assign.task}`;
    const reason = options.decline?.(assign, await options.conditions.read()) ?? null;
    return leaving ? 'its owner left' : reason;
  }

  return {
    get edge() {
      return edge;
    },
    finished,
    ownModel: (task) => own.model(task),
    start() {
      running ??= run().then(
        () => resolveFinished(),
        (thrown: unknown) => {
          emit({ type: 'error', error: toErrorBody(thrown) });
          // Nobody will take its report any more.
          working?.release(toMurmurError(thrown).message);
          bench.dispose();
          rejectFinished(thrown);
        },
      );
      return Promise.resolve();
    },
    async stop() {
      const opened = link;
      // What is given back must not be followed by another assignment.
      leaving = true;
      await working?.giveBack('its owner left');
      stopper.abort(new MurmurError('aborted', 'the edge left'));
      wake();
      if (opened && !opened.closed) await opened.request('leave', {}, { timeoutMs: 2000 }).catch(() => undefined);
      opened?.close();
      await running;
      bench.dispose();
      emit({ type: 'left' });
    },
  };
}
