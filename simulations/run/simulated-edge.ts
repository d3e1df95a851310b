/** A real edge session on a simulated device: what differs from a live one is its wire, its conditions, its data and how long things take it. */
import { keyPairOf } from '#platform/crypto';
import { createEdgeSession } from '../../client/edge/edge-session.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import { sleep } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { EdgeState } from '../../shared/algorithms/algorithm.ts';
import type { TaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Effort, LinkQuality, SimulatedDevice } from '../fleet/device.ts';
import type { Direction, Line } from '../network/virtual-links.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { checkpointsOver, type CheckpointCache } from './checkpoint-cache.ts';

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
  readonly examples: number;
  /** Of its examples, for tasks that ask how they spread over the classes; null: it has none. */
  readonly labels: () => Int32Array | null;
  /** Given how long so much work takes the device from now on, in virtual milliseconds; it has paid for it. */
  readonly createTrainer: (durationMs: (steps: number, cost: number) => number) => Trainer;
  readonly onEvent: (event: EdgeEvent) => void;
}

export interface SimulatedEdge {
  /** Begins when the device is reachable for the first time. */
  start(): void;
  stop(): Promise<void>;
}

/** Megabits a second as bytes a millisecond. */
const BYTES_PER_MBIT_MS = 125;
/** A message that is lost is sent again after this long (RFC 6298: at least a second), and is not lost twice. */
const RETRANSMISSION_MS = 1000;

export function createSimulatedEdge({ number, device, clock, epochMs, random, connect, checkpoints, onDownload, examples, labels, createTrainer, onEvent }: SimulatedEdgeOptions): SimulatedEdge {
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

  const line: Line = { latencyMs, bytesPerMs };

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

  async function download(bytes: number, signal: AbortSignal): Promise<void> {
    // A request there, the answer back.
    await sleep(clock, 2 * latencyMs() + bytes / bytesPerMs('down'), signal);
    if (!device.isAvailable(now())) await whenAvailable(signal);
    spend({ trainingMs: 0, bytesUp: 0, bytesDown: bytes });
    onDownload(bytes);
  }

  const states = new Map<TaskId, EdgeState>();
  const session = createEdgeSession({
    async connect(signal) {
      await whenAvailable(signal);
      link = connect(line);
      return link;
    },
    identity: keyPairOf(secretKeyOf(random)),
    name: `${device.deviceClass} ${number}`,
    checkpoints: checkpointsOver(checkpoints, download),
    conditions: { read: async () => device.conditions(now()) },
    capabilities: async () => device.capabilities,
    datasetFor: () => ({ name: `part ${number}`, load: async () => emptyDataset(examples, labels(), number) }),
    // Nobody is asked whether he agrees: these are not people's.
    shareLabels: true,
    createTrainer: async () =>
      createTrainer((steps, cost) => {
        const trainingMs = device.trainingMs(now(), steps, cost);
        spend({ trainingMs, bytesUp: 0, bytesDown: 0 });
        return trainingMs;
      }),
    state: { load: async (task) => states.get(task) ?? null, save: async (task, state) => void states.set(task, state) },
    clock,
    random: random.fork('session'),
    logger: silentLogger,
    onEvent(event) {
      if (event.type === 'reporting') spend({ trainingMs: 0, bytesUp: event.bytes, bytesDown: 0 });
      onEvent(event);
    },
  });

  return {
    start() {
      watchAvailability();
      void session.start();
    },
    async stop() {
      stopper.abort(new MurmurError('aborted', 'the simulation ended'));
      cancelChange?.();
      await session.stop();
    },
  };
}

function secretKeyOf(random: RandomSource): Uint8Array {
  const source = random.fork('key');
  return Uint8Array.from({ length: 32 }, () => source.int(256));
}

/** The session asks only how many there are, and how they spread over the classes: they lie with those who train. */
function emptyDataset(size: number, labels: Int32Array | null, number: number): Dataset {
  return { source: `part ${number}`, validation: null, train: { size, inputs: new Uint8Array(0), inputShape: [0], scale: 1, labels: labels ?? new Int32Array(0), labelShape: [] } };
}
