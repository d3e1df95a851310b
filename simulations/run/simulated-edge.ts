/**
 * A real edge session on a simulated device: what differs from a live one is its wire, its conditions, its data and how long
 * things take it. Where a scenario has faults its process dies and begins anew, with the same key and the same stored state.
 */
import { keyPairOf } from '#platform/crypto';
import type { CheckpointSource } from '../../client/edge/checkpoints.ts';
import { createEdgeSession } from '../../client/edge/edge-session.ts';
import type { KeptState } from '../../client/edge/edge-state-store.ts';
import type { EdgeSession } from '../../client/edge/session-options.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import { sleep, type Clock } from '../../shared/clock.ts';
import type { Breather } from '../../client/training/breather.ts';
import { MurmurError } from '../../shared/errors.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import type { EdgeId, TaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { RandomSource } from '../../shared/random.ts';
import { bytesFrom } from '../faults/bytes-from.ts';
import { createDownloads, type DownloadServer, type OpenServer } from '../faults/downloads.ts';
import { createHost, type Host } from '../faults/host.ts';
import { carryWith } from '../faults/message-fates.ts';
import type { Effort, LinkQuality, SimulatedDevice } from '../fleet/device.ts';
import type { Carry } from '../network/message.ts';
import type { Direction, Line } from '../network/virtual-links.ts';
import { DOWNLOAD } from '../scenario/scenario-faults.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { checkpointsOver, type CheckpointCache } from './checkpoint-cache.ts';
import type { Computing, Pace } from './learning-contract.ts';
import type { TroubledEdge, Troubles } from './troubles.ts';

export interface SimulatedEdgeOptions {
  readonly number: number;
  readonly device: SimulatedDevice;
  readonly clock: VirtualClock;
  /** When the simulation began, by its clock: a device's instants are counted from there. */
  readonly epochMs: number;
  readonly random: RandomSource;
  readonly connect: (line: Line) => Link<EdgeToCoordinator>;
  readonly checkpoints: CheckpointCache;
  /** Told of each download, which the coordinator's own server would count. */
  readonly onDownload: (bytes: number) => void;
  readonly dataset: () => Promise<Dataset>;
  /** Of tasks without a model; null where a trainer does the work. */
  readonly computing: Computing | null;
  readonly createTrainer: (pace: Pace) => Trainer;
  readonly onEvent: (event: EdgeEvent) => void;
  /** What breaks, and where downloads come from that break; null: nothing does. */
  readonly trouble: { readonly troubles: Troubles; readonly server: () => DownloadServer | null } | null;
}

export interface SimulatedEdge extends TroubledEdge {
  readonly id: EdgeId;
  /** Begins when the device is reachable for the first time. */
  start(): void;
  stop(): Promise<void>;
}

/** Megabits a second as bytes a millisecond. */
const BYTES_PER_MBIT_MS = 125;
/** A message that is lost is sent again after this long (RFC 6298: at least a second), and is not lost twice. */
const RETRANSMISSION_MS = 1000;
/** A download of which nothing more comes is given up. */
const DOWNLOAD_MS = 600_000;
/** How long whoever looks after a device takes to start a session again that ended by itself. */
const SUPERVISOR_MS = 1000;

interface Process {
  /** What dies; null where nothing does. */
  readonly host: Host | null;
  readonly session: EdgeSession;
}

export function createSimulatedEdge({ number, device, clock, epochMs, random, connect, checkpoints, onDownload, dataset, computing, createTrainer, onEvent, trouble }: SimulatedEdgeOptions): SimulatedEdge {
  const stopper = new AbortController();
  const now = (): number => clock.now() - epochMs;
  const lossDraws = random.fork('loss');
  let link: Link<EdgeToCoordinator> | null = null;
  let cancelChange: (() => void) | null = null;
  /** Asked once for each instant: a device's line is the same for all messages of one moment. */
  let quality: { at: number; found: LinkQuality } | null = null;

  function lineNow(): LinkQuality {
    const at = now();
    if (quality?.at !== at) quality = { at, found: device.link(at) };
    return quality.found;
  }

  function latencyMs(): number {
    const { latencyMs: ms, loss } = lineNow();
    return loss > 0 && lossDraws.next() < loss ? ms + RETRANSMISSION_MS : ms;
  }

  const bytesPerMs = (direction: Direction): number => Math.max(1e-3, (direction === 'up' ? lineNow().uplink : lineNow().downlink) * BYTES_PER_MBIT_MS);

  const line: Line = trouble ? { latencyMs, bytesPerMs, carry: carryOf(trouble.troubles) } : { latencyMs, bytesPerMs };

  function carryOf(troubles: Troubles): Carry {
    return ({ kind, type, payload }, deliver) => {
      const fate = troubles.fateOf(number, type, kind);
      if (fate === null) return deliver();
      const own = link;
      carryWith(fate, { payload, deliver, random: troubles.random, cut: () => void clock.after(latencyMs() / 2, () => own?.close(`the link broke in the midst of ${type}`)) });
    };
  }

  /** Resolves once the device can be reached. */
  async function whenAvailable(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (!device.isAvailable(now())) {
      const next = device.nextChange(now());
      if (next === Infinity) return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
      await sleep(clock, next - now(), signal);
    }
  }

  /** Cuts the link when the device goes out of reach; asked again after whatever costs energy, since that moves the change. */
  function watchAvailability(): void {
    cancelChange?.();
    cancelChange = null;
    const next = device.nextChange(now());
    if (next === Infinity || stopper.signal.aborted) return;
    cancelChange = clock.after(next - now(), () => {
      if (!device.isAvailable(now())) link?.close('the device went out of reach');
      watchAvailability();
    });
  }

  function spend(effort: Effort): void {
    device.spend(now(), effort);
    watchAvailability();
  }

  /** The device does the work now. */
  function trainingMs(steps: number, cost: number): number {
    const ms = device.trainingMs(now(), steps, cost);
    spend({ trainingMs: ms, bytesUp: 0, bytesDown: 0 });
    return ms;
  }

  async function download(bytes: number, signal: AbortSignal): Promise<void> {
    // A request there, the answer back.
    await sleep(clock, 2 * latencyMs() + bytes / bytesPerMs('down'), signal);
    if (!device.isAvailable(now())) await whenAvailable(signal);
    downloaded(bytes);
  }

  function downloaded(bytes: number): void {
    spend({ trainingMs: 0, bytesUp: 0, bytesDown: bytes });
    onDownload(bytes);
  }

  /** Downloads that are lost, late, garbled and cut off like messages, by the live source that goes on where one broke. */
  function breakingDownloads({ troubles, server }: NonNullable<typeof trouble>, host: Host): CheckpointSource {
    const reachable = (): OpenServer | null => {
      const answering = device.isAvailable(now()) && clock.now() >= unreachableUntil ? server() : null;
      // They break when the coordinator dies, and when this edge is out of reach.
      return answering && { ...answering, connections: bothOf(answering.connections, downloads) };
    };
    const source = createDownloads({
      host, replyMs: DOWNLOAD_MS, takesMs: (bytes) => latencyMs() + bytes / bytesPerMs('down'),
      fate: () => (reachable() === null ? null : troubles.fateOf(number, DOWNLOAD, 'reply')),
      server: reachable,
    });
    return {
      async fetch(digest, bytes, signal) {
        const whole = await source.fetch(digest, bytes, signal);
        downloaded(bytes);
        return whole;
      },
    };
  }

  /** What breaks each download under way. */
  const downloads = new Set<() => void>();
  const states = new Map<TaskId, readonly KeptState[]>();
  const identity = keyPairOf(bytesFrom(random.fork('key'))(32));
  let processes = 0;
  let running: Process | null = null;
  let unreachableUntil = -Infinity;

  function begin(): Process {
    const nth = processes++;
    const host = trouble && createHost({ clock, skew: trouble.troubles.skewOf(number) });
    const isDead = (): boolean => host?.state === 'dead';
    const session = createEdgeSession({
      async connect(signal) {
        await whenAvailable(signal);
        if (isDead()) return new Promise(() => undefined);
        if (clock.now() < unreachableUntil) throw new MurmurError('disconnected', 'out of reach');
        link = connect(line);
        return link;
      },
      identity,
      name: `${device.deviceClass} ${number}`,
      checkpoints: trouble && host ? breakingDownloads(trouble, host) : checkpointsOver(checkpoints, download),
      conditions: { read: async () => device.conditions(now()) },
      capabilities: async () => device.capabilities,
      datasetFor: () => ({ name: `part ${number}`, load: dataset }),
      ...(computing === null ? {} : { createBreather: () => breatherOf(host?.clock ?? clock, trainingMs(computing.steps, computing.cost)) }),
      // Nobody is asked whether he agrees: these are not people's.
      shareLabels: true,
      createTrainer: async () =>
        createTrainer({
          durationMs: trainingMs,
          expectMs: (steps, cost) => device.trainingMs(now(), steps, cost),
        }),
      state: {
        load: async (task) => states.get(task) ?? [],
        async save(task, kept) {
          if (!isDead()) states.set(task, kept);
        },
      },
      clock: host?.clock ?? clock,
      random: random.fork(nth === 0 ? 'session' : `session ${nth}`),
      ...(host ? { randomBytes: bytesFrom(random.fork(`names ${nth}`)) } : {}),
      logger: silentLogger,
      onEvent(event) {
        if (isDead()) return;
        if (event.type === 'reporting') spend({ trainingMs: 0, bytesUp: event.bytes, bytesDown: 0 });
        onEvent(event);
      },
    });
    return { host, session };
  }

  function start(): void {
    if (running !== null || stopper.signal.aborted) return;
    const own = begin();
    running = own;
    void own.session.start();
    if (own.host === null) return;
    // Whom a garbled message told that it is not wanted any more ends; whoever looks after the device starts it again.
    own.session.finished.catch(() => {
      if (running !== own || own.host?.state === 'dead') return;
      own.host?.die();
      running = null;
      clock.after(SUPERVISOR_MS, start);
    });
  }

  return {
    id: edgeIdOf(identity.publicKey),
    start() {
      watchAvailability();
      start();
    },
    cutLink() {
      if (link === null || link.closed) return false;
      link.close('the link broke');
      return true;
    },
    vanish(forMs) {
      unreachableUntil = clock.now() + forMs;
      link?.close('it vanished');
      for (const cut of [...downloads]) cut();
    },
    crash(downMs) {
      const own = running;
      if (own === null) return false;
      running = null;
      own.host?.die();
      link?.close('the edge died');
      clock.after(downMs, start);
      return true;
    },
    async stop() {
      stopper.abort(new MurmurError('aborted', 'the simulation ended'));
      cancelChange?.();
      await running?.session.stop();
    },
  };
}

function bothOf(one: Set<() => void>, other: Set<() => void>): OpenServer['connections'] {
  return {
    add: (stop) => void [one.add(stop), other.add(stop)],
    delete: (stop) => void [one.delete(stop), other.delete(stop)],
  };
}

/** The session asks only how many there are, and how they spread over the classes: they lie with those who train. */

/** Computing takes all of its virtual time where it would first let others have theirs. */
function breatherOf(clock: Clock, ms: number): Breather {
  let due = true;
  return {
    breathe() {
      const first = due;
      due = false;
      return first ? sleep(clock, ms) : undefined;
    },
    close: () => undefined,
  };
}
