/** SCAFFOLD through the real coordinator: the server's control variate reaches the edges, and theirs outlive a session. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import type { EdgeStateStore, KeptState } from '../../client/edge/edge-state-store.ts';
import { openStateFolder } from '../../client/node/identity-file.ts';
import { settledState } from '../../client/edge/settled-state.ts';
import { MurmurError } from '../../shared/errors.ts';
import { asAssignmentId, asTaskId, type TaskId } from '../../shared/ids.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import { decodeCheckpoint, decodeServerState, encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { encodeSafetensors } from '../../shared/tensors/safetensors.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';
import { settledIn } from '../../simulations/virtual-clock.ts';
import { openHandEdge } from '../helpers/hand-edge.ts';
import { createVirtualFederation, toySpec, type EdgeSettings, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const SPEC = toySpec({ algorithm: { name: 'scaffold', epochs: 2, batchSize: null, learningRate: 0.125, edges: 2 }, round: { goal: 2, minimum: 2, overSelection: 1, selectionSeconds: 1, retrySeconds: 1, absenceSeconds: 1 } });

let federation: VirtualFederation;
afterEach(() => federation?.stop());

interface Memory extends EdgeStateStore {
  readonly states: Map<TaskId, readonly KeptState[]>;
  /** Its process died: nothing of it is written any more. */
  dead: boolean;
}

function memory(states = new Map<TaskId, readonly KeptState[]>()): Memory {
  return {
    states, dead: false,
    load: (task) => Promise.resolve(states.get(task) ?? []),
    save(task, kept) {
      if (!this.dead) states.set(task, kept);
      return Promise.resolve();
    },
  };
}

const committed = (): number => federation.rounds.filter(({ outcome }) => outcome === 'committed').length;
const untilCommitted = async (count: number): Promise<void> => expect(await federation.clock.runUntil(() => committed() >= count)).toBe(true);

/** Two edges of unlike data, whose numbers are worked out in the algorithm's own test. */
const PAIR = [{ examples: [[1, 8], [1, 8]] }, { examples: [[1, 0], [-1, 0]] }] as const;
const FIRST = { weights: [1.5, 1.5], control: [-12, -12], numbers: { begun: 2 } };
const SECOND = { weights: [2.203125, 2.203125], control: [-5.625, -5.625], numbers: { begun: 2 } };

async function begin(): Promise<void> {
  federation = await createVirtualFederation();
  await federation.coordinator.createTask(SPEC);
  await federation.coordinator.startTask(LINE);
}

async function version(number: number): Promise<{ readonly weights: number[]; readonly control: number[]; readonly numbers: Readonly<Record<string, number>> }> {
  const record = await federation.store.getVersion(LINE, number);
  const { values } = decodeCheckpoint(await federation.blobs.get(record!.checkpoint)).parameters;
  const { vectors, numbers } = decodeServerState(await federation.blobs.get(record!.serverState), values);
  return { weights: [...values], control: [...vectors.control], numbers };
}

describe('an algorithm whose edges remember', () => {
  it('goes by the numbers worked out for it, over the wire and through a restart of an edge', async () => {
    await begin();
    const edges: EdgeSettings[] = PAIR.map((edge) => ({ ...edge, state: memory(), identity: generateKeyPair() }));
    const [first] = edges.map(federation.addEdge);
    await federation.untilRounds(1);
    let left = false;
    void first.session.stop().then(() => (left = true));
    expect(await federation.clock.runUntil(() => left)).toBe(true);
    federation.addEdge(edges[0]);
    await untilCommitted(2);
    expect(await version(1)).toMatchObject(FIRST);
    expect(await version(2)).toMatchObject(SECOND);
    expect((await federation.store.getVersion(LINE, 2))?.metrics.begun).toBe(0);
  });

  it('goes on from what counted, where a round was aborted after its report was taken', async () => {
    await begin();
    federation.addEdge({ ...PAIR[0], state: memory() });
    let garbled = 0;
    federation.addEdge({
      ...PAIR[1], state: memory(), trainingMs: 2000,
      tamper: (type, payload) => (type === 'report' && garbled++ === 0 ? { ...(payload as object), frame: new Uint8Array(8) } : payload),
    });
    await untilCommitted(2);
    expect(federation.rounds[0]).toMatchObject({ outcome: 'aborted', reported: 1 });
    expect(await version(1)).toMatchObject(FIRST);
    expect(await version(2)).toMatchObject(SECOND);
  });

  it('goes on from what counted, where its process ended before it heard so', async () => {
    await begin();
    const states = new Map<TaskId, readonly KeptState[]>();
    const identity = generateKeyPair();
    const first = memory(states);
    federation.addEdge({
      ...PAIR[0], state: first, identity,
      async dial(connect) {
        if (first.dead) throw new MurmurError('disconnected', 'its process is gone');
        const link = connect();
        return {
          ...link,
          get closed() {
            return link.closed;
          },
          async request(type, payload, options) {
            const reply = await link.request(type, payload, options);
            if (type !== 'report') return reply;
            first.dead = true;
            link.close('its process ended');
            throw new MurmurError('disconnected', 'its process ended');
          },
        };
      },
    });
    federation.addEdge({ ...PAIR[1], state: memory() });
    expect(await federation.clock.runUntil(() => first.dead)).toBe(true);
    federation.addEdge({ ...PAIR[0], state: memory(states), identity });
    await untilCommitted(2);
    expect(await version(1)).toMatchObject(FIRST);
    expect(await version(2)).toMatchObject(SECOND);
  });

  it('is not given to an edge that lost what it kept: it says why, and is asked no more', async () => {
    await begin();
    const lost = memory();
    const { events, session } = federation.addEdge({ ...PAIR[0], state: lost });
    federation.addEdge({ ...PAIR[1], state: memory() });
    await federation.untilRounds(1);
    lost.states.clear();
    await federation.untilRounds(2);
    expect(federation.rounds[1]).toMatchObject({ outcome: 'aborted' });
    const mine = (await federation.store.listParticipations(LINE, 2)).find(({ edge }) => edge === session.edge);
    expect(mine).toMatchObject({ status: 'withdrawn', reason: expect.stringMatching(/^state_lost: scaffold sums what its edges keep.*use fedprox or fednova/) as string });
    const told = events.findIndex(({ type }) => type === 'error');
    expect(events[told]).toMatchObject({ error: { code: 'state_lost', retryable: false } });
    expect(await federation.clock.runUntil(() => events.slice(told).some(({ type }) => type === 'checked-in'))).toBe(true);
    expect(events.slice(told).flatMap((event) => (event.type === 'checked-in' ? [event.examples] : []))).toEqual([{}]);
  });

  it('begins anew behind a model that was adopted, as the server’s sum does', async () => {
    await begin();
    const edges = PAIR.map((edge) => federation.addEdge({ ...edge, state: memory() }));
    await untilCommitted(1);
    await federation.coordinator.stopTask(LINE, 'a model comes');
    await federation.coordinator.adopt(LINE, encodeCheckpoint(createParameters(TOY_LAYOUT, new Float32Array(2))), 'elsewhere');
    const from = (await federation.store.latestVersion(LINE))?.version ?? NaN;
    await federation.coordinator.startTask(LINE);
    expect(await federation.clock.runUntil(() => federation.rounds.at(-1)?.version === from + 2)).toBe(true);
    expect(edges.flatMap(({ events }) => events.filter(({ type }) => type === 'error'))).toEqual([]);
    expect(await version(from + 1)).toMatchObject(FIRST);
    expect(await version(from + 2)).toMatchObject(SECOND);
  });

  it('is none for peers without a server', () => {
    expect(() => parseGossipTask(toyGossipTask({ algorithm: { name: 'feddyn', epochs: 1, batchSize: null, learningRate: 0.1, alpha: 0.1, edges: 2 } }))).toThrow(/use fedavg or fedprox/);
  });

  it('asks nobody who would not understand which of its reports counted', async () => {
    await begin();
    const old = await settledIn(federation.clock, openHandEdge(federation.connect(), { token: 'enrol' }));
    await settledIn(federation.clock, old.checkIn(LINE));
    federation.addEdge({ examples: [[1, 1]] });
    expect(await federation.clock.runUntil(() => federation.coordinator.driver(LINE).view().eligible === 1)).toBe(true);
    expect(old.heard.filter(({ type }) => type === 'assign')).toEqual([]);
    expect(federation.coordinator.population.get(old.edge)?.reason).toBe('not eligible for line: speaks minor version 0 of the protocol, at least 2 is asked');
  });
});

describe('the state that stands', () => {
  const at = (assignment: string | null): KeptState => ({ assignment: assignment === null ? null : asAssignmentId(assignment), state: { vectors: {}, numbers: {} } });
  const [newer, older, unnamed] = [at('line.2.0'), at('line.1.0'), at(null)];
  it.each<[string, KeptState[], string | null | undefined, KeptState | null]>([
    ['is the newest where its report counted', [newer, older], 'line.2.0', newer],
    ['is the one before where the newer report did not', [newer, older], 'line.1.0', older],
    ['is none where nothing of the edge counts', [newer, older], null, null],
    ['is the newest where the coordinator does not say', [newer, older], undefined, newer],
    ['is none where nothing was kept', [], null, null],
    ['is one of before assignments were noted', [unnamed], 'line.1.0', unnamed],
    ['is the same once a report has not counted', [newer, unnamed], 'line.1.0', unnamed],
  ])('%s', (_, kept, counted, expected) => {
    expect(settledState(kept, typeof counted === 'string' ? asAssignmentId(counted) : counted, 'scaffold')).toBe(expected);
  });

  it('is lost where neither is of the report that counted', () => {
    expect(() => settledState([newer, older], asAssignmentId('line.7.1'), 'scaffold')).toThrow(expect.objectContaining({ code: 'state_lost', message: expect.stringContaining('line.7.1') as string }) as Error);
    expect(() => settledState([], asAssignmentId('line.7.1'), 'feddyn')).toThrow(/feddyn sums what its edges keep/);
  });
});

it('a folder keeps two states a task, and gives those of before assignments were noted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-states-'));
  try {
    const store = openStateFolder(folder);
    expect(await store.load(LINE)).toEqual([]);
    const kept = [['line.2.0', 3], ['line.1.0', 7]].map(([assignment, value]): KeptState => ({
      assignment: asAssignmentId(String(assignment)), state: { vectors: { control: Float32Array.of(Number(value), 0.5), 'a/b': Float32Array.of(1) }, numbers: { weight: Number(value) } },
    }));
    await store.save(LINE, kept);
    expect(await openStateFolder(folder).load(LINE)).toEqual(kept);
    await store.save(LINE, []);
    expect(await store.load(LINE)).toEqual([]);
    const before = encodeSafetensors({ tensors: [{ name: 'control', dtype: 'float32', shape: [2], values: Float32Array.of(1, 2) }], metadata: { numbers: '{"weight":4}' } });
    await writeFile(join(folder, 'state-line.safetensors'), before);
    expect(await store.load(LINE)).toEqual([{ assignment: null, state: { vectors: { control: Float32Array.of(1, 2) }, numbers: { weight: 4 } } }]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
