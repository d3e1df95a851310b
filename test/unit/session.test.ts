import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import { createEdgeSession } from '../../client/edge/edge-session.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import type { EdgeSessionOptions } from '../../client/edge/session-options.ts';
import { connectSocketLink } from '../../client/edge/socket-link.ts';
import { createMemoryLinks } from '../../simulations/network/memory-links.ts';
import { createVirtualClock, type VirtualClock } from '../../simulations/virtual-clock.ts';
import { sleep, systemClock, type Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { asAssignmentId, asDigest, asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { Assign, CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { unavailableFor } from '../../shared/protocol/retry-after.ts';
import { createRandom } from '../../shared/random.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { IDLE_MACHINE } from '../helpers/hand-edge.ts';
import { startLiveServer } from '../helpers/live-server.ts';
import { createToyTrainer } from '../../simulations/models/toy-trainer.ts';
import { createVirtualFederation, toySpec, type ToyEdge, type VirtualFederation } from '../helpers/virtual-federation.ts';

type EdgeLink = Link<EdgeToCoordinator>;
const LINE = asTaskId('line');
const eventsOf = <Type extends EdgeEvent['type']>(edge: { readonly events: readonly EdgeEvent[] }, type: Type): Extract<EdgeEvent, { type: Type }>[] =>
  edge.events.filter((event): event is Extract<EdgeEvent, { type: Type }> => event.type === type);

/** Timers that were set by it and have neither fired nor been cancelled. */
function countingClock(clock: Clock): Clock & { readonly open: number } {
  let open = 0;
  return {
    now: () => clock.now(),
    after(delayMs, callback) {
      let waiting = true;
      const done = (): void => {
        if (waiting) open--;
        waiting = false;
      };
      open++;
      const cancel = clock.after(delayMs, () => {
        done();
        callback();
      });
      return () => {
        done();
        cancel();
      };
    },
    get open() {
      return open;
    },
  };
}

const opened: VirtualFederation[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});

async function federation(settings: Parameters<typeof createVirtualFederation>[0] = {}, spec = toySpec()): Promise<VirtualFederation> {
  const one = await createVirtualFederation(settings);
  opened.push(one);
  await one.coordinator.start();
  await one.coordinator.createTask(spec);
  await one.coordinator.startTask(LINE);
  return one;
}

async function until(clock: VirtualClock, done: () => boolean, what: string): Promise<void> {
  if (!(await clock.runUntil(done))) throw new Error(`nothing is left to wait for, and there is no ${what}`);
}

async function settled<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let done = false;
  promise.then(() => (done = true), () => (done = true));
  await until(clock, () => done, 'answer');
  return promise;
}

async function weightsOf(one: VirtualFederation, version: number): Promise<number[]> {
  const record = await one.store.getVersion(LINE, version);
  return [...decodeCheckpoint(await one.blobs.get(record?.checkpoint ?? asDigest(''))).parameters.values];
}

describe('a session that loses the coordinator', () => {
  it('tries again within a window that doubles, up to half a minute, and is no herd', async () => {
    const one = await federation();
    const attempts: number[] = [];
    let reachable = false;
    const edge = one.addEdge({
      examples: [[1, 1]],
      dial: (connect) => {
        attempts.push(one.clock.now());
        if (!reachable) throw new MurmurError('disconnected', 'nobody is there');
        return Promise.resolve(connect());
      },
    });
    await until(one.clock, () => attempts.length === 12, 'twelfth attempt');
    const waits = eventsOf(edge, 'disconnected').map(({ retryInMs }) => retryInMs ?? 0);
    expect(attempts.slice(1).map((at, i) => Math.round(at - attempts[i]))).toEqual(waits.slice(0, 11));
    waits.forEach((wait, i) => {
      expect(wait).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** i));
    });
    expect(Math.max(...waits)).toBeGreaterThan(15_000);
    reachable = true;
    await until(one.clock, () => eventsOf(edge, 'connected').length === 1, 'connection');
    // It counts anew: the next wait is short again.
    edge.link()?.close('the wire broke');
    await until(one.clock, () => eventsOf(edge, 'connected').length === 2, 'second connection');
    expect(eventsOf(edge, 'disconnected').at(-1)?.retryInMs).toBeLessThanOrEqual(500);
  });

  it('comes again when a full lobby tells it to, to the millisecond, and does not wait longer for it', async () => {
    const one = await federation();
    const attempts: number[] = [];
    let refusals = 3;
    one.addEdge({
      examples: [[1, 1]],
      dial: (connect) => {
        attempts.push(one.clock.now());
        const link = connect();
        return Promise.resolve({
          ...link,
          get closed() {
            return link.closed;
          },
          request: (type, payload, options) => (type === 'hello' && refusals-- > 0 ? Promise.reject(unavailableFor(7000, 'full')) : link.request(type, payload, options)),
        });
      },
    });
    await until(one.clock, () => one.coordinator.population.online === 1, 'session');
    expect(attempts.map((at) => at - attempts[0])).toEqual([0, 7000, 14_000, 21_000]);
  });

  it('goes on with the assignment in hand when the coordinator is back, and trains once', async () => {
    const first = await federation({}, toySpec({ round: { goal: 1, overSelection: 1, selectionSeconds: 5, absenceSeconds: 60, reportingSeconds: 600 } }));
    let current: VirtualFederation | null = first;
    const dial = (): Promise<EdgeLink> => {
      if (!current) throw new MurmurError('disconnected', 'the coordinator is down');
      return Promise.resolve(current.connect());
    };
    const edge = first.addEdge({ examples: [[1, 1]], trainingMs: 10_000, dial });
    await until(first.clock, () => eventsOf(edge, 'assigned').length === 1, 'assignment');
    const assignment = eventsOf(edge, 'assigned')[0].assignment;
    current = null;
    await settled(first.clock, first.coordinator.stop());
    edge.link()?.close('the coordinator went down');
    let passed = false;
    first.clock.after(3000, () => (passed = true));
    await until(first.clock, () => passed, 'moment');
    expect(eventsOf(edge, 'disconnected').length).toBeGreaterThan(1);

    const second = await createVirtualFederation({ seed: 2, store: first.store, disk: first.disk, clock: first.clock });
    await second.coordinator.start();
    current = second;
    await second.untilRounds(1);
    await until(first.clock, () => eventsOf(edge, 'reported').length === 1, 'acknowledgement');
    expect(second.rounds[0]).toMatchObject({ round: 1, outcome: 'committed', reported: 1 });
    expect(eventsOf(edge, 'reported')[0]).toMatchObject({ round: 1, outcome: 'accepted' });
    expect((await second.store.listParticipations(LINE, 1)).map(({ assignment: id, status }) => [id, status])).toEqual([[assignment, 'reported']]);
    expect(eventsOf(edge, 'downloading').length).toBe(1);
    const [a, b] = await weightsOf(second, 1);
    expect([a, b]).toEqual([Math.fround(0.2), Math.fround(0.2)]);
    await settled(first.clock, edge.session.stop());
    await settled(first.clock, second.coordinator.stop());
  });

  it('sends its report again over the next link when the answer was lost', async () => {
    const one = await federation({}, toySpec({ round: { goal: 1, overSelection: 1, absenceSeconds: 60, reportingSeconds: 600 } }));
    let cut = true;
    const edge = one.addEdge({
      examples: [[1, 1]],
      dial: (connect) => {
        const link = connect();
        return Promise.resolve({
          ...link,
          get closed() {
            return link.closed;
          },
          async request(type, payload, options) {
            const reply = link.request(type, payload, options);
            if (type !== 'report' || !cut) return reply;
            cut = false;
            // It arrives, is counted, and the link is gone before the edge hears of it.
            await reply;
            link.close('the wire broke');
            throw new MurmurError('disconnected', 'the wire broke');
          },
        });
      },
    });
    await until(one.clock, () => eventsOf(edge, 'reported').length === 1, 'acknowledgement');
    expect(eventsOf(edge, 'reported')[0]).toMatchObject({ round: 1, outcome: 'duplicate' });
    expect(one.rounds[0]).toMatchObject({ outcome: 'committed', reported: 1 });
    expect(await weightsOf(one, 1)).toEqual([Math.fround(0.2), Math.fround(0.2)]);
  });

  it('resumes a report in chunks where the cut was', async () => {
    const one = await federation({}, toySpec({ round: { goal: 1, overSelection: 1, absenceSeconds: 60, reportingSeconds: 600 } }));
    const sent: number[] = [];
    const begun: number[] = [];
    let chunks = 0;
    const edge = one.addEdge({
      examples: [[1, 1]],
      dial: (connect) => {
        const link = connect();
        return Promise.resolve({
          ...link,
          get closed() {
            return link.closed;
          },
          async request(type, payload, options) {
            if (type === 'uploadChunk') sent.push((payload as { offset: number }).offset);
            const reply = await link.request(type, payload, options);
            if (type === 'hello') return { ...reply, chunkBytes: 64, chunkWindow: 2 };
            if (type === 'uploadBegin') begun.push((reply as { received: number }).received);
            if (type === 'uploadChunk' && ++chunks === 2) link.close('the wire broke');
            return reply;
          },
        });
      },
    });
    await until(one.clock, () => eventsOf(edge, 'reported').length === 1, 'acknowledgement');
    const { bytes } = eventsOf(edge, 'reporting')[0];
    const [, resumed] = begun;
    expect(begun).toEqual([0, resumed]);
    expect(resumed).toBeGreaterThanOrEqual(128);
    const from = (start: number): number[] => Array.from({ length: Math.ceil((bytes - start) / 64) }, (_, i) => start + 64 * i);
    expect(sent.slice(-from(resumed).length)).toEqual(from(resumed));
    expect(eventsOf(edge, 'reported')[0]).toMatchObject({ outcome: 'accepted' });
    expect(await weightsOf(one, 1)).toEqual([Math.fround(0.2), Math.fround(0.2)]);
  });

  /** The first reports are answered with a code that says: later. */
  const busyCoordinator = (refusals: number) => (connect: () => EdgeLink): Promise<EdgeLink> => {
    const link = connect();
    return Promise.resolve({
      ...link,
      get closed() {
        return link.closed;
      },
      request(type, payload, options) {
        if (type === 'report' && refusals-- > 0) return Promise.reject(new MurmurError('unavailable', 'later'));
        return link.request(type, payload, options);
      },
    });
  };

  it('sends its report again when it is told to come later', async () => {
    const one = await federation({}, toySpec({ round: { goal: 1, overSelection: 1 }, stop: { rounds: 1 } }));
    const edge = one.addEdge({ examples: [[1, 1]], dial: busyCoordinator(3) });
    await until(one.clock, () => eventsOf(edge, 'reporting').length === 1, 'report');
    const since = one.clock.now();
    await until(one.clock, () => eventsOf(edge, 'reported').length === 1, 'acknowledgement');
    expect(eventsOf(edge, 'reported')[0]).toMatchObject({ outcome: 'accepted' });
    expect(one.clock.now() - since).toBe(3 * 500 + 10);
  });

  it('leaves at once while it waits to send again', async () => {
    const one = await federation({}, toySpec({ round: { goal: 1, overSelection: 1 }, stop: { rounds: 1 } }));
    const edge = one.addEdge({ examples: [[1, 1]], dial: busyCoordinator(Infinity) });
    await until(one.clock, () => eventsOf(edge, 'reporting').length === 1, 'report');
    const since = one.clock.now();
    await settled(one.clock, edge.session.stop());
    // Two requests of ten milliseconds: the assignment is given back, and farewell.
    expect(one.clock.now() - since).toBeLessThan(100);
  });

  it('ends for good where no retry helps, and gives up what it worked on', async () => {
    const one = await federation({}, toySpec({ round: { goal: 1, overSelection: 1, absenceSeconds: 60, reportingSeconds: 600 } }));
    const edge = one.addEdge({ examples: [[1, 1]], trainingMs: 100_000 });
    await until(one.clock, () => eventsOf(edge, 'assigned').length === 1, 'assignment');
    const id = edge.session.edge;
    if (id === null) throw new Error('the session is not open');
    let ended: unknown = null;
    edge.session.finished.catch((thrown: unknown) => (ended = thrown));
    await one.store.revokeEdge(id, one.clock.now());
    one.coordinator.population.expel(id, 'revoked');
    await until(one.clock, () => ended !== null, 'end');
    expect(ended).toMatchObject({ code: 'revoked' });
    await until(one.clock, () => eventsOf(edge, 'released').length === 1, 'release');
    expect(eventsOf(edge, 'error')).toMatchObject([{ error: { code: 'revoked' } }]);
    expect(eventsOf(edge, 'connecting')).toHaveLength(2);
  });
});

describe('an assignment', () => {
  it('that is released stops the training', async () => {
    const one = await federation({}, toySpec({ round: { goal: 1, overSelection: 2, selectionSeconds: 5, reportingSeconds: 600 }, stop: { rounds: 1 } }));
    const fast = one.addEdge({ examples: [[1, 1]], trainingMs: 100 });
    const slow = one.addEdge({ examples: [[1, 1]], trainingMs: 500_000 });
    await one.untilRounds(1);
    await until(one.clock, () => eventsOf(slow, 'released').length === 1 && eventsOf(fast, 'reported').length === 1, 'release');
    expect(eventsOf(slow, 'released')[0]).toMatchObject({ task: LINE, round: 1, reason: 'the goal was reached without it' });
    expect(eventsOf(slow, 'reported')).toEqual([]);
    expect(eventsOf(slow, 'error')).toEqual([]);
    expect(one.clock.now()).toBeLessThan(1_000_000 + 100_000);
    expect(eventsOf(fast, 'reported')).toMatchObject([{ outcome: 'accepted' }]);
    expect((await one.store.listParticipations(LINE, 1)).map(({ status }) => status).sort()).toEqual(['released', 'reported']);
  });

  it('that its owner does not want is declined, with the reason on record', async () => {
    const one = await federation({}, toySpec({ round: { goal: 2, minimum: 1, overSelection: 1 }, stop: { rounds: 1 } }));
    const [shy] = [one.addEdge({ examples: [[1, 1]], decline: (_assign, { network }) => `not over ${network}` }), one.addEdge({ examples: [[1, 1]] })];
    await one.untilRounds(1);
    expect(one.rounds[0]).toMatchObject({ outcome: 'committed', selected: 2, reported: 1 });
    expect(eventsOf(shy, 'declined')).toEqual([{ type: 'declined', task: LINE, reason: 'not over ethernet' }]);
    const records = await one.store.listParticipations(LINE, 1);
    expect(records.map(({ edge, status, reason }) => (edge === shy.session.edge ? [status, reason] : [status])).sort()).toEqual([['declined', 'not over ethernet'], ['reported']]);
    expect(eventsOf(shy, 'assigned')).toEqual([]);
  });

  it('that fails is given back with the reason', async () => {
    const one = await federation({}, toySpec({ round: { goal: 2, minimum: 1, overSelection: 1 }, stop: { rounds: 1 } }));
    const broken = one.addEdge({ examples: [[1, 1]], tamper: (type, payload) => (type === 'report' ? { ...(payload as object), frame: Uint8Array.of(0xc1) } : payload) });
    one.addEdge({ examples: [[1, 1]], trainingMs: 1000 });
    await one.untilRounds(1);
    expect(one.rounds[0]).toMatchObject({ outcome: 'committed', reported: 1 });
    const record = (await one.store.listParticipations(LINE, 1)).find(({ edge }) => edge === broken.session.edge);
    expect(record).toMatchObject({ status: 'withdrawn' });
    expect(record?.reason).toMatch(/^bad_frame: byte 0 is 0xC1/);
    expect(eventsOf(broken, 'error')).toMatchObject([{ error: { code: 'bad_frame' } }]);
  });

  it('is given back when the owner leaves in the middle', async () => {
    const one = await federation({}, toySpec({ round: { goal: 2, minimum: 1, overSelection: 1 }, stop: { rounds: 1 } }));
    const leaving = one.addEdge({ examples: [[1, 1]], trainingMs: 50_000 });
    one.addEdge({ examples: [[1, 1]], trainingMs: 1000 });
    await until(one.clock, () => eventsOf(leaving, 'assigned').length === 1, 'assignment');
    await settled(one.clock, leaving.session.stop());
    await one.untilRounds(1);
    expect(one.rounds[0]).toMatchObject({ outcome: 'committed', reported: 1 });
    expect((await one.store.listParticipations(LINE, 1)).find(({ edge }) => edge === leaving.session.edge)).toMatchObject({ status: 'withdrawn', reason: 'its owner left' });
    expect(leaving.events.slice(-2).map(({ type }) => type)).toEqual(['released', 'left']);
  });
});

describe('stopping', () => {
  async function openTimersAfter(stopWhen: (edge: ToyEdge) => boolean, settings: { readonly trainingMs?: number; readonly dial?: (connect: () => EdgeLink) => Promise<EdgeLink> } = {}): Promise<{ open: number; edge: ToyEdge }> {
    const one = await federation({}, toySpec({ round: { goal: 1, overSelection: 1, absenceSeconds: 5, retrySeconds: 1 } }));
    const clock = countingClock(one.clock);
    const edge = one.addEdge({ examples: [[1, 1]], clock, ...settings });
    await until(one.clock, () => stopWhen(edge), 'moment to stop');
    await settled(one.clock, edge.session.stop());
    await settled(one.clock, edge.session.finished);
    return { open: clock.open, edge };
  }

  it.each<[string, (edge: ToyEdge) => boolean]>([
    ['while it connects', (edge) => eventsOf(edge, 'connecting').length === 1],
    ['when it is connected', (edge) => eventsOf(edge, 'connected').length === 1],
    ['when it is checked in', (edge) => eventsOf(edge, 'checked-in').length === 1],
    ['in training', (edge) => eventsOf(edge, 'downloading').length === 1],
    ['in reporting', (edge) => eventsOf(edge, 'reporting').length === 1],
    ['between rounds', (edge) => eventsOf(edge, 'reported').length === 2],
  ])('%s leaves no timer behind', async (_, stopWhen) => {
    const { open, edge } = await openTimersAfter(stopWhen, { trainingMs: 5000 });
    expect(open).toBe(0);
    expect(edge.events.at(-1)).toEqual({ type: 'left' });
  });

  it('while the coordinator cannot be reached leaves no timer behind', async () => {
    const { open } = await openTimersAfter((edge) => eventsOf(edge, 'disconnected').length === 3, {
      dial: () => {
        throw new MurmurError('disconnected', 'nobody is there');
      },
    });
    expect(open).toBe(0);
  });

  it('does not wait for a coordinator that is gone with a report under way', async () => {
    let dials = 0;
    const { open, edge } = await openTimersAfter((one) => eventsOf(one, 'reporting').length === 1 && eventsOf(one, 'disconnected').length > 0, {
      dial: (connect) => {
        if (dials++ > 0) throw new MurmurError('disconnected', 'nobody is there');
        const link = connect();
        return Promise.resolve({
          ...link,
          get closed() {
            return link.closed;
          },
          request(type, payload, options) {
            if (type === 'report') link.close('the wire broke');
            return link.request(type, payload, options);
          },
        });
      },
    });
    expect(open).toBe(0);
    expect(eventsOf(edge, 'reported')).toEqual([]);
  });

  it('does not hang when the link breaks between the farewell and the answer to a report', async () => {
    let dials = 0;
    const { open, edge } = await openTimersAfter((one) => eventsOf(one, 'reporting').length === 1, {
      dial: (connect) => {
        if (dials++ > 0) throw new MurmurError('disconnected', 'nobody is there');
        const link = connect();
        return Promise.resolve({
          ...link,
          get closed() {
            return link.closed;
          },
          request(type, payload, options) {
            // The answer never comes, and what the owner says last breaks the wire.
            if (type === 'report') return new Promise<never>((_, reject) => link.onClose(() => reject(new MurmurError('disconnected', 'the wire broke'))));
            if (type === 'withdraw') link.close('the wire broke');
            return link.request(type, payload, options);
          },
        });
      },
    });
    expect(open).toBe(0);
    expect(edge.events.at(-1)).toEqual({ type: 'left' });
  });
});

describe('two offers at once', () => {
  it('are one work: the other is declined, and the same one again is not begun twice', async () => {
    const clock = createVirtualClock();
    const { near, far } = createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs: 1 });
    const specs = new Map(['one', 'two'].map((name) => [name, parseTaskSpec(toySpec({ name }))]));
    const asked: string[] = [];
    far.onRequest((type, payload) => {
      asked.push(type);
      const replies: Record<string, object> = {
        hello: { protocol: { major: 1, minor: 0 }, challenge: '00', chunkBytes: 1000, chunkWindow: 1, enrolment: 'open' },
        authenticate: { openAssignments: [] },
        tasks: { tasks: [...specs.keys()].map((task) => ({ task, status: 'running' })) },
        describe: { spec: specs.get((payload as { task: string }).task) },
        checkIn: { comeBackAfterMs: 1_000_000 },
      };
      return Promise.resolve(replies[type] ?? {});
    });
    const events: EdgeEvent[] = [];
    const options: EdgeSessionOptions = {
      connect: () => Promise.resolve(near),
      identity: generateKeyPair(),
      name: 'torn',
      checkpoints: { fetch: () => new Promise(() => undefined) },
      // Takes its time, so that one offer is still thought over when the next one comes.
      conditions: { read: () => sleep(clock, 10).then(() => IDLE_MACHINE) },
      capabilities: () => Promise.resolve({ platform: 'simulated', backend: 'cpu', stepsPerSecond: null }),
      datasetFor: () => ({ name: 'toy', load: () => Promise.resolve({ source: 'toy', validation: null, train: { size: 1, inputs: Float32Array.of(1), inputShape: [1], scale: 1, labels: Float32Array.of(1), labelShape: [1] } }) }),
      createTrainer: () => Promise.resolve(createToyTrainer([[1, 1]])),
      state: { load: () => Promise.resolve([]), save: () => Promise.resolve() },
      decline: () => null,
      clock, random: createRandom(1), logger: silentLogger,
      onEvent: (event) => events.push(event),
    };
    const session = createEdgeSession(options);
    void session.start();
    await until(clock, () => asked.includes('checkIn'), 'check-in');
    const assign = (task: string): CoordinatorToEdge['assign']['request'] => ({
      assignment: asAssignmentId(`${task}.1.0`), task: asTaskId(task), round: 1, version: 0, checkpoint: { digest: asDigest('0'.repeat(64)), bytes: 1 },
      stage: 'report', broadcast: {}, seed: 1, configureWithinMs: 1000, reportWithinMs: 1000,
    } satisfies Assign);
    const offers = [far.request('assign', assign('one')), far.request('assign', assign('two')), far.request('assign', assign('one'))];
    expect(await settled(clock, Promise.all(offers))).toEqual([{ accepted: true }, { accepted: false, reason: 'works on another assignment' }, { accepted: true }]);
    expect(events.filter(({ type }) => type === 'assigned')).toHaveLength(1);
    // Given back without an answer being waited for: the download never ends.
    far.close('enough');
    await settled(clock, new Promise<void>((resolve) => clock.after(1, resolve)));
  });
});

it('a round over real sockets leaves no socket and no timer behind', async () => {
  const resources = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const name of process.getActiveResourcesInfo()) if (/Timeout|Immediate|TCP|TLS/.test(name)) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  };
  const before = resources();
  const live = await startLiveServer();
  const ended = new Promise<void>((resolve) => live.server.coordinator.listen({ tasksChanged: () => void live.server.coordinator.getTask(LINE).then(({ status }) => status === 'finished' && resolve(), () => undefined) }));
  await live.runTask(toySpec({ round: { goal: 1, overSelection: 1 }, stop: { rounds: 2 } }));
  const events: EdgeEvent[] = [];
  const session = createEdgeSession({
    connect: (signal) => connectSocketLink(live.server.url, signal),
    identity: generateKeyPair(), name: 'over a socket', enrolmentToken: live.server.enrolmentToken,
    checkpoints: { fetch: async (digest) => new Uint8Array(await readFile(join(live.folder, 'blobs', digest.slice(0, 2), digest))) },
    conditions: { read: () => Promise.resolve(IDLE_MACHINE) },
    capabilities: () => Promise.resolve({ platform: 'node', backend: 'cpu', stepsPerSecond: null }),
    datasetFor: () => ({ name: 'toy', load: () => Promise.resolve({ source: 'toy', validation: null, train: { size: 1, inputs: Float32Array.of(1), inputShape: [1], scale: 1, labels: Float32Array.of(1), labelShape: [1] } }) }),
    createTrainer: () => Promise.resolve(createToyTrainer([[1, 1]])),
    state: { load: () => Promise.resolve([]), save: () => Promise.resolve() },
    clock: systemClock, random: createRandom(1), logger: silentLogger,
    onEvent: (event) => events.push(event),
  });
  await session.start();
  await live.untilRounds(2);
  await ended;
  expect(events.filter(({ type }) => type === 'reported').length).toBeGreaterThanOrEqual(1);
  await session.stop();
  await session.finished;
  await live.stop();
  // What was closed says so in a turn of the event loop of its own.
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  // The test runner's own timers come and go.
  expect(Object.entries(resources()).filter(([name, count]) => count > (before[name] ?? 0))).toEqual([]);
});
