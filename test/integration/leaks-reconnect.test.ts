/** Connections that break leave nothing behind on either side: no listener, no timer, no socket. */
import { getEventListeners } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import { createEdgeSession } from '../../client/edge/edge-session.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import { createHttpCheckpoints } from '../../client/edge/http-checkpoints.ts';
import { connectSocketLink } from '../../client/edge/socket-link.ts';
import { generateKeyPair } from '#platform/crypto';
import { systemClock, type Clock } from '../../shared/clock.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createRandom } from '../../shared/random.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { listenersOf, medianCensus, resourceCensus, type Census } from '../helpers/census.ts';
import { enrolRequest, hello, IDLE_MACHINE, signed } from '../helpers/hand-edge.ts';
import { startLiveServer, type LiveServer } from '../helpers/live-server.ts';
import { createToyTrainer } from '../../simulations/models/toy-trainer.ts';

const CUTS = 20;
const SAMPLES = 7;

const LINE: TaskSpecInput = {
  name: 'line',
  model: { topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { units: 1 } }] } }, loss: 'meanSquaredError' },
  data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' } },
  algorithm: { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.125 },
  round: { goal: 1, minimum: 1, overSelection: 1 },
};

let live: LiveServer | null = null;
afterEach(async () => {
  await live?.stop();
  live = null;
});

/** Twenty times as fast, and knows what still waits. */
function createQuickClock(): Clock & { readonly waiting: number } {
  const waiting = new Set<object>();
  return {
    get waiting() {
      return waiting.size;
    },
    now: () => systemClock.now(),
    after(delayMs, callback) {
      const wait = {};
      waiting.add(wait);
      const cancel = systemClock.after(delayMs / 20, () => {
        waiting.delete(wait);
        callback();
      });
      return () => {
        waiting.delete(wait);
        cancel();
      };
    },
  };
}

/** Events by type, each to be waited for once. */
function createEventQueue(): { push(event: EdgeEvent): void; next(type: EdgeEvent['type']): Promise<EdgeEvent> } {
  const past: EdgeEvent[] = [];
  const waiting: { readonly type: EdgeEvent['type']; readonly resolve: (event: EdgeEvent) => void }[] = [];
  return {
    push(event) {
      const waiter = waiting.findIndex(({ type }) => type === event.type);
      if (waiter >= 0) waiting.splice(waiter, 1)[0].resolve(event);
      else past.push(event);
    },
    next(type) {
      const known = past.findIndex((event) => event.type === type);
      if (known >= 0) return Promise.resolve(past.splice(known, 1)[0]);
      return new Promise((resolve) => waiting.push({ type, resolve }));
    },
  };
}

it('a coordinator that stops while edges owe it answers leaves no timer', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  live = await startLiveServer({ enrolment: { open: true } });
  await live.runTask(LINE);
  const link = await live.connect();
  // Hears everything and answers nothing.
  const offered = new Promise<void>((resolve) => {
    link.onRequest((type) => {
      if (type === 'assign') resolve();
      return new Promise(() => undefined);
    });
  });
  const keys = generateKeyPair();
  const { challenge } = await hello(link);
  const { edge } = await link.request('enrol', enrolRequest(challenge, keys));
  await link.request('authenticate', { edge, signature: signed('authenticate', challenge, keys) });
  await link.request('checkIn', { conditions: IDLE_MACHINE, capabilities: { platform: 'simulated', backend: 'cpu', stepsPerSecond: null }, tasks: [{ task: live.server.coordinator.drivers()[0].task, examples: 1 }] });
  await offered;
  await live.stop();
  live = null;
  const set = timers.mock.results.map(({ value }) => value as NodeJS.Timeout & { readonly _destroyed: boolean });
  const delays = timers.mock.calls.map(([, delayMs]) => delayMs);
  timers.mockRestore();
  expect(set.length).toBeGreaterThan(0);
  expect(delays.filter((_, i) => !set[i]._destroyed && set[i].hasRef())).toEqual([]);
});

it(`an edge that reconnects ${CUTS} times, an assignment in hand each time, holds no more than after twice`, async () => {
  const { server } = (live = await startLiveServer({ enrolment: { open: true } }));
  await live.runTask(LINE);
  const clock = createQuickClock();
  const events = createEventQueue();
  const signals: { session: AbortSignal | null; assignment: AbortSignal | null } = { session: null, assignment: null };
  /** Ends the training under way. */
  let finish: () => void = () => undefined;
  const checkpoints = createHttpCheckpoints(server.url);
  const session = createEdgeSession({
    connect(signal) {
      signals.session = signal;
      return connectSocketLink(server.url, signal);
    },
    identity: generateKeyPair(),
    name: 'often cut off',
    checkpoints: {
      fetch(digest, bytes, signal) {
        signals.assignment = signal;
        return checkpoints.fetch(digest, bytes, signal);
      },
    },
    conditions: { read: () => Promise.resolve(IDLE_MACHINE) },
    capabilities: () => Promise.resolve({ platform: 'node', backend: 'cpu', stepsPerSecond: 100 }),
    datasetFor: () => ({
      name: 'two points',
      load: () => Promise.resolve({ train: { size: 2, inputs: Float32Array.of(0, 1), inputShape: [1], scale: 1, labels: Float32Array.of(1, 3), labelShape: [1] }, validation: null, source: 'two points' }),
    }),
    createTrainer() {
      const toy = createToyTrainer([[0, 1], [1, 3]]);
      return Promise.resolve({
        ...toy,
        async train(options) {
          const finished = new Promise<void>((resolve) => (finish = resolve));
          events.push({ type: 'training', task: server.coordinator.drivers()[0].task, round: 0, step: 0, steps: 0, loss: null });
          await finished;
          return toy.train(options);
        },
      });
    },
    state: { load: () => Promise.resolve([]), save: () => Promise.resolve() },
    clock, random: createRandom(1), logger: silentLogger, onEvent: events.push,
  });

  const census = async (): Promise<Census> => {
    const samples: Census[] = [];
    await new Promise<void>((resolve) => {
      const stopListening = server.onLive(() => {
        const abortListeners = [signals.session, signals.assignment].map((signal) => (signal ? getEventListeners(signal, 'abort').length : -1));
        samples.push({
          ...resourceCensus(), process: listenersOf(process), clock: clock.waiting,
          sessionAborts: abortListeners[0], assignmentAborts: abortListeners[1], population: server.coordinator.population.size,
        });
        if (samples.length < SAMPLES) return;
        stopListening();
        resolve();
      });
    });
    return medianCensus(samples);
  };

  await session.start();
  await events.next('connected');
  const edge = session.edge as EdgeId;
  let early: Census = {};
  for (let cut = 1; cut <= CUTS; cut++) {
    await events.next('training');
    server.coordinator.population.get(edge)?.link?.close('cut by the test');
    // Every other report is ready while nobody is there to take it, and waits for the next link.
    if (cut % 2 === 0) {
      await events.next('disconnected');
      finish();
    }
    await events.next('connected');
    if (cut % 2 === 1) finish();
    expect(await events.next('reported')).toMatchObject({ round: cut, outcome: 'accepted' });
    if (cut === 2) early = await census();
  }
  // The next check-in, and the deadline of the assignment in hand.
  expect(early).toMatchObject({ population: 1, clock: 2 });
  expect(await census()).toEqual(early);

  await events.next('training');
  const left = session.stop();
  finish();
  await left;
  expect(clock.waiting).toBe(0);
  expect([signals.session, signals.assignment].map((signal) => signal && getEventListeners(signal, 'abort').length)).toEqual([0, 0]);
});
