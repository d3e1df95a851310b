import { afterEach, describe, expect, it } from 'vitest';
import { generateKeyPair, sha256Hex } from '#platform/crypto';
import { createEdgeSession } from '../../client/edge/edge-session.ts';
import { createRoundTrip } from '../../client/edge/round-trip.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import type { EdgeSession, EdgeSessionOptions } from '../../client/edge/session-options.ts';
import { createMemoryLinks } from '../../simulations/network/memory-links.ts';
import { createVirtualClock, type VirtualClock } from '../../simulations/virtual-clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { asAssignmentId, asDigest, asTaskId, type AssignmentId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { Assign, CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { createRandom } from '../../shared/random.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { IDLE_MACHINE } from '../helpers/hand-edge.ts';
import { createToyTrainer, TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const CHECKPOINT = encodeCheckpoint(createParameters(TOY_LAYOUT, new Float32Array(2)));
const DIGEST = asDigest(sha256Hex(CHECKPOINT));
const ONE_WAY_MS = 5;
const ASSIGNMENT = asAssignmentId('one.1.0');

/** A coordinator in a few lines: what it replies is the test's, what it hears is written down with its time. */
interface House {
  readonly clock: VirtualClock;
  readonly session: EdgeSession;
  readonly events: readonly EdgeEvent[];
  readonly heard: readonly { readonly type: string; readonly at: number }[];
  /** Replies by type, instead of the usual ones. */
  readonly replies: Record<string, () => object>;
  link(): Link<CoordinatorToEdge>;
  /** Asks the edge; whether it answers is not waited for. */
  say: Link<CoordinatorToEdge>['request'];
  until(done: () => boolean): Promise<void>;
  passed(ms: number): Promise<void>;
  times(type: string): number[];
  of<Type extends EdgeEvent['type']>(type: Type): Extract<EdgeEvent, { type: Type }>[];
}

let house: House;
afterEach(async () => {
  let stopped = false;
  void house.session.stop().then(() => (stopped = true));
  await house.until(() => stopped);
});

function start(tasks: readonly string[], options: Partial<EdgeSessionOptions> & { readonly trainingMs?: number } = {}): House {
  const clock = createVirtualClock();
  const events: EdgeEvent[] = [];
  const heard: { type: string; at: number }[] = [];
  const specs = new Map(tasks.map((name) => [name, parseTaskSpec(toySpec({ name }))]));
  const replies: Record<string, () => object> = {};
  let far: Link<CoordinatorToEdge> | null = null;
  const usual: Record<string, (payload: unknown) => object> = {
    hello: () => ({ protocol: { major: 1, minor: 0 }, challenge: '00', chunkBytes: 100_000, chunkWindow: 1, enrolment: 'open' }),
    authenticate: () => ({ openAssignments: [] }),
    tasks: () => ({ tasks: tasks.map((task) => ({ task, status: 'running' })) }),
    describe: (payload) => ({ spec: specs.get((payload as { task: string }).task) }),
    checkIn: () => ({ comeBackAfterMs: 30_000 }),
    report: () => ({ outcome: 'accepted', comeBackAfterMs: 0 }),
  };
  const dataset = { source: 'toy', validation: null, train: { size: 1, inputs: Float32Array.of(1), inputShape: [1], scale: 1, labels: Float32Array.of(1), labelShape: [1] } };
  const session = createEdgeSession({
    connect: () => {
      const links = createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs: ONE_WAY_MS });
      far = links.far;
      far.onRequest((type, payload) => {
        heard.push({ type, at: clock.now() });
        return Promise.resolve(replies[type]?.() ?? usual[type]?.(payload) ?? {});
      });
      return Promise.resolve(links.near);
    },
    identity: generateKeyPair(), name: 'timely',
    checkpoints: { fetch: () => Promise.resolve(CHECKPOINT) },
    conditions: { read: () => Promise.resolve(IDLE_MACHINE) },
    capabilities: () => Promise.resolve({ platform: 'simulated', backend: 'cpu', stepsPerSecond: null }),
    datasetFor: () => ({ name: 'toy', load: () => Promise.resolve(dataset) }),
    createTrainer: () => {
      const trainer = createToyTrainer([[1, 1]]);
      const work = (signal?: AbortSignal): Promise<void> =>
        new Promise((resolve, reject) => {
          const cancel = clock.after(options.trainingMs ?? 100, resolve);
          signal?.addEventListener('abort', () => {
            cancel();
            reject(new MurmurError('aborted', 'training was stopped'));
          }, { once: true });
        });
      return Promise.resolve({ ...trainer, train: async (settings) => work(settings.signal).then(() => trainer.train(settings)) });
    },
    state: { load: () => Promise.resolve([]), save: () => Promise.resolve() },
    clock, random: createRandom(1), logger: silentLogger,
    ...options,
    onEvent: (event) => events.push(event),
  });
  void session.start();
  const until = async (done: () => boolean): Promise<void> => {
    if (!(await clock.runUntil(done))) throw new Error('nothing is left to wait for');
  };
  const link = (): Link<CoordinatorToEdge> => {
    if (!far) throw new Error('there is no link yet');
    return far;
  };
  house = {
    clock, session, events, heard, replies, until, link,
    say(type, payload) {
      const answer = link().request(type, payload);
      answer.catch(() => undefined);
      return answer;
    },
    passed(ms) {
      let passed = false;
      clock.after(ms, () => (passed = true));
      return until(() => passed);
    },
    times: (type) => heard.filter((one) => one.type === type).map(({ at }) => at),
    of: <Type extends EdgeEvent['type']>(type: Type) => events.filter((event): event is Extract<EdgeEvent, { type: Type }> => event.type === type),
  };
  return house;
}

const assign = (fields: Partial<Assign> = {}): CoordinatorToEdge['assign']['request'] => ({
  assignment: ASSIGNMENT, task: asTaskId('one'), round: 1, version: 0, checkpoint: { digest: DIGEST, bytes: CHECKPOINT.byteLength },
  stage: 'report', broadcast: {}, seed: 1, configureWithinMs: 1000, reportWithinMs: 10_000, ...fields,
});

describe('an edge that is told when to come back', () => {
  it.each([['sooner', 2000, 2], ['later', 90_000, 4]])('checks in then: %s than it was told at its check-in', async (_, afterMs, ways) => {
    const { until, passed, say, times, clock } = start(['one']);
    await until(() => times('checkIn').length === 1);
    await passed(1000);
    const told = clock.now();
    void say('comeBack', { afterMs, reason: 'not drawn' });
    await until(() => times('checkIn').length === 2);
    // The word and the check-in travel; after a while the edge asks for the tasks before it.
    expect(times('checkIn')[1] - told).toBe(afterMs + ways * ONE_WAY_MS);
  });

  it('by one of its tasks does not come later for the others', async () => {
    const { until, passed, say, times } = start(['one', 'two']);
    await until(() => times('checkIn').length === 1);
    const [first] = times('checkIn');
    await passed(1000);
    void say('comeBack', { afterMs: 90_000, reason: 'not drawn' });
    await until(() => times('checkIn').length === 2);
    expect(times('checkIn')[1] - first).toBe(30_000 + 4 * ONE_WAY_MS);
    await passed(1000);
    void say('comeBack', { afterMs: 2000, reason: 'not drawn' });
    await until(() => times('checkIn').length === 3);
    expect(times('checkIn')[2] - times('checkIn')[1]).toBeLessThan(4000);
  });
});

describe('the round trip', () => {
  const told = (one: House): (number | 'unknown')[] => one.of('checked-in').map(({ conditions }) => conditions.roundTripMs);

  it('is measured by the session’s own requests where the device cannot tell', async () => {
    const one = start(['one']);
    await one.until(() => one.of('checked-in').length === 2);
    expect(told(one)).toEqual([2 * ONE_WAY_MS, 2 * ONE_WAY_MS]);
  });

  it('is the device’s own where it can', async () => {
    const one = start(['one'], { conditions: { read: () => Promise.resolve({ ...IDLE_MACHINE, roundTripMs: 321 }) } });
    await one.until(() => one.of('checked-in').length === 2);
    expect(told(one)).toEqual([321, 321]);
  });

  it('takes in an eighth of each new sample, and none that runs backwards', () => {
    const roundTrip = createRoundTrip();
    expect(roundTrip.ms).toBeNull();
    roundTrip.sample(80);
    roundTrip.sample(160);
    roundTrip.sample(-5000);
    expect(roundTrip.ms).toBe(90);
  });
});

describe('an assignment', () => {
  it('whose time to report runs out is released, and its training stops', async () => {
    const { until, say, of, clock, times, events } = start(['one'], { trainingMs: 1_000_000 });
    await until(() => times('checkIn').length === 1);
    const offered = clock.now();
    void say('assign', assign());
    await until(() => of('released').length === 1);
    expect(of('released')[0]).toMatchObject({ task: 'one', round: 1, reason: 'its time to report ran out' });
    expect(clock.now() - offered).toBe(ONE_WAY_MS + 10_000);
    expect(of('error')).toEqual([]);
    // Nothing is asked of the coordinator, whose own deadline has passed; the edge is there for the next selection.
    expect(times('withdraw')).toEqual([]);
    await until(() => events.at(-1)?.type === 'checked-in');
  });

  it('that is offered again has the time that the coordinator gives it then', async () => {
    const { until, passed, say, of, clock, times } = start(['one'], { trainingMs: 1_000_000 });
    await until(() => times('checkIn').length === 1);
    void say('assign', assign());
    await passed(9000);
    const again = clock.now();
    void say('assign', assign({ reportWithinMs: 50_000 }));
    await until(() => of('released').length === 1);
    expect(clock.now() - again).toBe(ONE_WAY_MS + 50_000);
    expect(of('assigned')).toHaveLength(1);
  });

  it('leaves no deadline behind when it was reported', async () => {
    const { until, say, of, times, clock } = start(['one']);
    await until(() => times('checkIn').length === 1);
    void say('assign', assign({ reportWithinMs: 500_000 }));
    await until(() => of('reported').length === 1 && times('checkIn').length === 2);
    await until(() => clock.now() > 600_000);
    expect(of('released')).toEqual([]);
  });

  const reconnected = async (openAssignments: readonly AssignmentId[], trainingMs: number): Promise<House> => {
    const one = start(['one'], { trainingMs });
    await one.until(() => one.times('checkIn').length === 1);
    void one.say('assign', assign({ reportWithinMs: 1_000_000 }));
    await one.until(() => one.of('assigned').length === 1 && one.of('downloading').length === 1);
    one.replies.authenticate = () => ({ openAssignments });
    return one;
  };

  it('that the coordinator no longer names after a reconnect is ended', async () => {
    const { link, until, of, times } = await reconnected([], 100_000);
    link().close('the wire broke');
    await until(() => of('released').length === 1);
    expect(of('released')[0]).toMatchObject({ reason: 'the coordinator no longer expects it' });
    await until(() => of('checked-in').length >= 2);
    expect(times('report')).toEqual([]);
  });

  it('that it still names goes on', async () => {
    const { link, until, of } = await reconnected([ASSIGNMENT], 100_000);
    link().close('the wire broke');
    await until(() => of('reported').length === 1);
    expect(of('released')).toEqual([]);
    expect(of('downloading')).toHaveLength(1);
  });

  it('whose report waits for an answer is reported once more, though it is no longer named', async () => {
    const { link, until, of, times, replies } = await reconnected([], 1000);
    replies.report = () => {
      link().close('the wire broke');
      return {};
    };
    await until(() => times('report').length === 1);
    replies.report = () => ({ outcome: 'duplicate', comeBackAfterMs: 0 });
    await until(() => of('reported').length === 1);
    expect(of('reported')[0]).toMatchObject({ outcome: 'duplicate' });
    expect(times('report')).toHaveLength(2);
    expect(of('released')).toEqual([]);
  });
});

describe('a task that this edge cannot serve', () => {
  it('since its spec cannot be read is told once, and not asked for again', async () => {
    const { until, of, times, replies, say } = start(['one']);
    replies.describe = () => ({ spec: { name: 'one', of: 'the future' } });
    await until(() => times('checkIn').length === 4);
    void say('tasksChanged', {});
    await until(() => times('checkIn').length === 6);
    expect(times('describe')).toHaveLength(1);
    expect(of('error')).toMatchObject([{ error: { code: 'bad_task_spec' } }]);
  });

  it('since its data is wrong is tried again after a minute, and when tasks change, and told once a reason', async () => {
    let problem: string | null = 'line 3 is wrong';
    const loads: number[] = [];
    const { until, of, times, say, clock } = start(['one'], {
      datasetFor: () => ({
        name: 'toy',
        load() {
          loads.push(clock.now());
          if (problem !== null) return Promise.reject(new MurmurError('bad_dataset', problem));
          return Promise.resolve({ source: 'toy', validation: null, train: { size: 7, inputs: new Float32Array(7), inputShape: [1], scale: 1, labels: new Float32Array(7), labelShape: [1] } });
        },
      }),
    });
    await until(() => loads.length === 2);
    expect(loads[1] - loads[0]).toBeGreaterThanOrEqual(60_000);
    expect(loads[1] - loads[0]).toBeLessThan(91_000);
    expect(of('error')).toMatchObject([{ error: { code: 'bad_dataset', message: 'line 3 is wrong' } }]);
    problem = 'line 9 is wrong';
    const changed = clock.now();
    void say('tasksChanged', {});
    await until(() => loads.length === 3);
    expect(loads[2] - changed).toBeLessThan(1000);
    expect(of('error').map(({ error }) => error.message)).toEqual(['line 3 is wrong', 'line 9 is wrong']);
    problem = null;
    await until(() => of('checked-in').at(-1)?.examples.one === 7);
    const served = times('describe').length;
    void say('tasksChanged', {});
    await until(() => clock.now() > loads[2] + 300_000);
    expect(times('describe')).toHaveLength(served);
  });
});
