import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import { decodeEdgeReport } from '../../server/coordinator/contributions.ts';
import { ERROR_CODES, isMurmurError, type MurmurError } from '../../shared/errors.ts';
import { asAssignmentId, asTaskId } from '../../shared/ids.ts';
import { edgeRequests, type Assign } from '../../shared/protocol/messages.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createMergeArena } from '../../shared/statistics/merge-arena.ts';
import { badFrames, MAX_NORM } from '../helpers/bad-frames.ts';
import { enrolRequest, hello, openHandEdge, signed, toyReport, type EdgeLink, type HandEdge } from '../helpers/hand-edge.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { toySchema } from '../helpers/toy-task.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { settledIn } from '../../simulations/virtual-clock.ts';
import { createVirtualFederation, toySpec, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
// Three are asked, two reports close the round.
const SPEC = toySpec({ round: { goal: 2, minimum: 1, overSelection: 1.5, selectionSeconds: 5, configurationSeconds: 20, reportingSeconds: 60 }, limits: { maxNorm: MAX_NORM } });

let federation: VirtualFederation;

beforeEach(async () => {
  federation = await createVirtualFederation();
  await federation.coordinator.start();
  await federation.coordinator.createTask(SPEC);
  await federation.coordinator.startTask(LINE);
});
afterEach(() => federation.stop());

/** Lets virtual time pass until the promise has settled. */
const settled = <T>(promise: Promise<T>): Promise<T> => settledIn(federation.clock, promise);

const codeOf = async (promise: Promise<unknown>): Promise<string> => (await thrownBy(() => settled(promise))).code;
const enrolled = (options = {}): Promise<HandEdge> => settled(openHandEdge(federation.connect(), { token: 'enrol', ...options }));

interface Selected {
  readonly hand: HandEdge;
  readonly assign: Assign;
}

/** So many edges check in and are all selected. */
async function selectedEdges(count: number): Promise<Selected[]> {
  const hands: HandEdge[] = [];
  for (let i = 0; i < count; i++) hands.push(await enrolled());
  const assigned = Promise.all(hands.map((hand) => hand.nextAssign()));
  for (const hand of hands) await settled(hand.checkIn(LINE));
  const assigns = await settled(assigned);
  return hands.map((hand, i) => ({ hand, assign: assigns[i] }));
}

async function weightsOf(version: number): Promise<number[]> {
  const record = await federation.store.getVersion(LINE, version);
  if (!record) throw new Error(`no version ${version}`);
  return [...decodeCheckpoint(await federation.blobs.get(record.checkpoint)).parameters.values];
}

/** The honest two report [0.5, −0.25] of weight 1 and [0.25, 0.75] of weight 3; what is committed is exact in float32. */
async function honestRound([one, two]: readonly Selected[], round = 1): Promise<void> {
  expect(await settled(one.hand.report(one.assign.assignment, toyReport(one.assign.assignment, [0.5, -0.25], 1)))).toMatchObject({ outcome: 'accepted' });
  expect(await settled(two.hand.report(two.assign.assignment, toyReport(two.assign.assignment, [0.25, 0.75], 3)))).toMatchObject({ outcome: 'accepted' });
  await federation.untilRounds(round);
  expect(federation.rounds[round - 1]).toMatchObject({ outcome: 'committed', version: round, reported: 2 });
  // (1 · 0.5 + 3 · 0.25) / 4 and (1 · −0.25 + 3 · 0.75) / 4
  if (round === 1) expect(await weightsOf(1)).toEqual([0.3125, 0.5]);
}

describe('a report that is wrong', () => {
  it('gets its code, changes nothing, and the round goes on', async () => {
    const edges = await selectedEdges(3);
    const [one, , liar] = edges;
    const driver = federation.coordinator.driver(LINE);
    const before = driver.state();
    const bytesUp = driver.view().bytesUp;
    for (const { name, frame, code } of badFrames(liar.assign.assignment, one.assign.assignment, toySchema(SPEC))) {
      expect(`${name}: ${await codeOf(liar.hand.report(liar.assign.assignment, frame))}`).toBe(`${name}: ${code}`);
    }
    expect(driver.state()).toBe(before);
    expect(driver.view()).toMatchObject({ bytesUp, reported: 0 });
    await honestRound(edges);
    expect((await federation.store.listParticipations(LINE, 1)).map(({ edge, status }) => [edge, status])).toEqual(
      edges.map(({ hand }, i) => [hand.edge, i < 2 ? 'reported' : 'released']).sort(([a], [b]) => indexOfEdge(edges, a) - indexOfEdge(edges, b)),
    );
  });

  it('is no hindrance to the right one that follows', async () => {
    const [one, two] = await selectedEdges(3);
    expect(await codeOf(one.hand.report(one.assign.assignment, toyReport(one.assign.assignment, [Number.NaN, 0])))).toBe('not_finite');
    await honestRound([one, two]);
  });

  it('names the field and the place of a value that is no number', async () => {
    const [one] = await selectedEdges(3);
    const error = await thrownBy(() => settled(one.hand.report(one.assign.assignment, toyReport(one.assign.assignment, [0.5, Number.NaN]))));
    expect(error.message).toContain('field delta has NaN at index 1');
    expect(error.details).toEqual({ field: 'delta', index: 1 });
  });
});

const indexOfEdge = (edges: readonly Selected[], edge: string): number => edges.find(({ hand }) => hand.edge === edge)?.assign.assignment.split('.').map(Number)[2] ?? -1;

describe('a report that counts no more', () => {
  it('is acknowledged as a duplicate when said twice, at once or one after the other', async () => {
    const [one, two] = await selectedEdges(3);
    const { assignment } = one.assign;
    const frame = toyReport(assignment, [0.5, -0.25], 1);
    const both = await settled(Promise.all([one.hand.report(assignment, frame), one.hand.report(assignment, frame)]));
    expect(both.map(({ outcome }) => outcome)).toEqual(['accepted', 'duplicate']);
    expect(await settled(one.hand.report(assignment, toyReport(assignment, [4, 4], 1000)))).toMatchObject({ outcome: 'duplicate' });
    expect(await settled(two.hand.report(two.assign.assignment, toyReport(two.assign.assignment, [0.25, 0.75], 3)))).toMatchObject({ outcome: 'accepted' });
    await federation.untilRounds(1);
    expect(await weightsOf(1)).toEqual([0.3125, 0.5]);
    // Rounds later, too: then the store remembers.
    expect(await settled(one.hand.report(assignment, frame))).toMatchObject({ outcome: 'duplicate' });
  });

  it('is acknowledged as late when its round closed without it', async () => {
    const edges = await selectedEdges(3);
    await honestRound(edges);
    const [, , slow] = edges;
    expect(await settled(slow.hand.report(slow.assign.assignment, toyReport(slow.assign.assignment, [4, 4])))).toMatchObject({ outcome: 'late' });
    expect(await weightsOf(1)).toEqual([0.3125, 0.5]);
    expect(slow.hand.heard.filter(({ type }) => type === 'release').map(({ payload }) => payload)).toEqual([{ assignment: slow.assign.assignment, reason: 'the goal was reached without it' }]);
  });

  it('is late after the deadline, with what came before it committed', async () => {
    const [one, , slow] = await selectedEdges(3);
    await settled(one.hand.report(one.assign.assignment, toyReport(one.assign.assignment, [0.5, -0.25])));
    await federation.untilRounds(1);
    expect(federation.rounds[0]).toMatchObject({ outcome: 'committed', reported: 1 });
    expect(await weightsOf(1)).toEqual([0.5, -0.25]);
    expect(await settled(slow.hand.report(slow.assign.assignment, toyReport(slow.assign.assignment, [4, 4])))).toMatchObject({ outcome: 'late' });
  });
});

describe('a report to a coordinator that stops', () => {
  it('is to be sent again, to the one that comes next', async () => {
    const [one] = await selectedEdges(3);
    await settled(federation.coordinator.stop());
    const error = await thrownBy(() => settled(one.hand.report(one.assign.assignment, toyReport(one.assign.assignment, [0.5, -0.25]))));
    expect([error.code, error.retryable]).toEqual(['unavailable', true]);
  });
});

describe('a message that is not the sender’s to send', () => {
  it('is refused, whoever it speaks for', async () => {
    const edges = await selectedEdges(3);
    const [one] = edges;
    const { assignment } = one.assign;
    const frame = toyReport(assignment, [4, 4]);
    const other = await enrolled();
    const before = federation.coordinator.driver(LINE).state();
    expect(await codeOf(other.report(assignment, frame))).toBe('not_selected');
    expect(await codeOf(other.link.request('configured', { assignment }))).toBe('not_selected');
    expect(await codeOf(other.link.request('withdraw', { assignment, reason: 'spite' }))).toBe('not_selected');
    expect(await codeOf(other.link.request('uploadBegin', { assignment, bytes: 8, digest: '0'.repeat(64) }))).toBe('not_selected');
    expect(await codeOf(other.link.request('uploadChunk', { assignment, offset: 0, data: new Uint8Array(8) }))).toBe('upload_mismatch');
    expect(await codeOf(other.link.request('accumulator', { task: LINE, round: 1, frame }))).toBe('forbidden');
    expect(await codeOf(other.link.request('accumulatorBegin', { task: LINE, round: 1, bytes: 8, digest: '0'.repeat(64) }))).toBe('forbidden');
    for (const unknown of ['line.1.99', 'line.7.0', 'nothing.1.0', 'line', 'a.b.c']) {
      expect(await codeOf(other.report(asAssignmentId(unknown), frame))).toBe('unknown_assignment');
    }
    expect(federation.coordinator.driver(LINE).state()).toBe(before);
    await honestRound(edges);
  });

  it('is refused before a session is open, and before hello', async () => {
    const edges = await selectedEdges(3);
    const [{ hand, assign: { assignment } }] = edges;
    const frame = toyReport(assignment, [4, 4]);
    const attempts = (link: EdgeLink): (() => Promise<unknown>)[] => [
      () => link.request('report', { assignment, frame }),
      () => link.request('report', { assignment: 'nothing.1.0', frame: new Uint8Array((1 << 24) + 1) }),
      () => link.request('uploadBegin', { assignment, bytes: 8, digest: '0'.repeat(64) }),
      () => link.request('uploadChunk', { assignment, offset: 0, data: frame }),
      () => link.request('configured', { assignment }),
      () => link.request('withdraw', { assignment, reason: 'spite' }),
      () => link.request('accumulator', { task: LINE, round: 1, frame }),
      () => link.request('accumulatorBegin', { task: LINE, round: 1, bytes: 8, digest: '0'.repeat(64) }),
      () => link.request('accumulatorChunk', { task: LINE, round: 1, offset: 0, data: frame }),
      () => link.request('tasks', {}),
      () => link.request('describe', { task: LINE }),
      () => link.request('leave', {}),
    ];
    const silent = federation.connect();
    for (const attempt of attempts(silent)) expect(await codeOf(attempt())).toBe('not_authenticated');
    expect(await codeOf(silent.request('authenticate', { edge: hand.edge, signature: '0'.repeat(128) }))).toBe('not_authenticated');
    expect(await codeOf(silent.request('enrol', enrolRequest('', generateKeyPair(), { token: 'enrol' })))).toBe('not_authenticated');
    const greeted = federation.connect();
    const { challenge } = await settled(hello(greeted));
    // Enrolled is not authenticated.
    await settled(greeted.request('enrol', enrolRequest(challenge, generateKeyPair(), { token: 'enrol' })));
    for (const attempt of attempts(greeted)) expect(await codeOf(attempt())).toBe('not_authenticated');
    await honestRound(edges);
  });

  it('is refused when another’s key signed it', async () => {
    const edges = await selectedEdges(3);
    const [{ hand }] = edges;
    const link = federation.connect();
    const { challenge } = await settled(hello(link));
    expect(await codeOf(link.request('authenticate', { edge: hand.edge, signature: signed('authenticate', challenge, generateKeyPair()) }))).toBe('bad_signature');
    // The right key over another session's challenge, and over another purpose.
    const { challenge: earlier } = await settled(hello(federation.connect()));
    expect(await codeOf(link.request('authenticate', { edge: hand.edge, signature: signed('authenticate', earlier, hand.keys) }))).toBe('bad_signature');
    expect(await codeOf(link.request('authenticate', { edge: hand.edge, signature: signed('enrol', challenge, hand.keys) }))).toBe('bad_signature');
    expect(await codeOf(link.request('authenticate', { edge: `e${'0'.repeat(20)}`, signature: signed('authenticate', challenge, hand.keys) }))).toBe('not_authenticated');
    await honestRound(edges);
  });

  it('is refused when it is too large', async () => {
    const edges = await selectedEdges(3);
    const [{ hand, assign: { assignment } }] = edges;
    const tooLarge = (1 << 24) + 1;
    expect(await codeOf(hand.report(assignment, new Uint8Array(tooLarge)))).toBe('too_large');
    for (const bytes of [tooLarge, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      expect(await codeOf(hand.link.request('uploadBegin', { assignment, bytes, digest: '0'.repeat(64) }))).toBe('too_large');
    }
    await honestRound(edges);
  });

  it('is refused where the protocol is another', async () => {
    for (const major of [0, 2, 1000]) {
      const error = await thrownBy(() => settled(hello(federation.connect(), major)));
      expect(error.code).toBe('unsupported_version');
      expect(error.message).toContain('1.2');
    }
    const newer = federation.connect();
    expect(await settled(newer.request('hello', { protocol: { major: 1, minor: 7 }, software: 'from the future' }))).toMatchObject({ protocol: { major: 1, minor: 2 } });
    const older = federation.connect();
    expect(await settled(older.request('hello', { protocol: { major: 1, minor: 0 }, software: 'from the past' }))).toMatchObject({ protocol: { major: 1, minor: 0 } });
  });

  it('is refused where there is no such message', async () => {
    const { link } = await enrolled();
    for (const type of ['', 'assign', 'Report', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'x'.repeat(10_000)]) {
      const error = await thrownBy(() => settled(link.request(type as 'tasks', {})));
      expect(error.code).toBe('bad_message');
      expect(error.message.length).toBeLessThan(200);
    }
  });
});

describe('payloads of whatever kind', () => {
  const TYPES = Object.keys(edgeRequests) as (keyof typeof edgeRequests)[];
  const bytes = fc.uint8Array({ maxLength: 40 });
  const anything = fc.oneof(
    { weight: 3, arbitrary: fc.jsonValue() },
    fc.constant(undefined),
    fc.bigInt(),
    fc.date(),
    bytes,
    fc.dictionary(fc.constantFrom('assignment', 'frame', 'task', 'round', 'edge', 'signature', 'conditions', 'tasks', '__proto__', 'constructor'), fc.oneof(fc.jsonValue(), bytes)),
  );
  /** A message that is nearly right: one of its keys holds something else. */
  const nearly = (own: string, edge: string) =>
    fc.tuple(fc.constantFrom(...TYPES), anything, fc.nat(10)).map(([type, value, key]) => {
      const right: Record<string, Record<string, unknown>> = {
        hello: { protocol: { major: 1, minor: 0 }, software: 'a test' },
        enrol: { token: 'enrol', publicKey: '0'.repeat(64), signature: '0'.repeat(128), name: 'x', role: 'edge' },
        authenticate: { edge, signature: '0'.repeat(128) },
        tasks: { more: 1 }, leave: { more: 1 },
        describe: { task: 'line' },
        checkIn: { conditions: {}, capabilities: {}, tasks: [] },
        configured: { assignment: own, more: 1 },
        report: { assignment: own, frame: Uint8Array.of(0xc1) },
        uploadBegin: { assignment: own, bytes: 10, digest: '0'.repeat(64) },
        uploadChunk: { assignment: own, offset: 3, data: Uint8Array.of(1) },
        withdraw: { assignment: own, reason: 'x', more: 1 },
        accumulator: { task: 'line', round: 1, frame: Uint8Array.of(0xc1) },
        accumulatorBegin: { task: 'line', round: 1, bytes: 10, digest: '0'.repeat(64) },
        accumulatorChunk: { task: 'line', round: 1, offset: 0, data: Uint8Array.of(1) },
      };
      const keys = Object.keys(right[type]);
      return { type, payload: { ...right[type], [keys[key % keys.length]]: value } };
    });

  it('never throw past the gateway, and the round goes on', async () => {
    const edges = await selectedEdges(3);
    const [, , liar] = edges;
    const codes = new Set<string>();
    const refusedOrAnswered = async (link: EdgeLink, type: string, payload: unknown): Promise<void> => {
      const answer = await settled(link.request(type as 'tasks', payload as never)).catch((thrown: unknown) => thrown);
      if (!(answer instanceof Error)) return;
      const { code } = answer as MurmurError;
      codes.add(code);
      expect(Object.keys(ERROR_CODES)).toContain(code);
      expect(code).not.toBe('internal');
    };
    const greeted = federation.connect();
    await settled(hello(greeted));
    const messages = fc.oneof(fc.record({ type: fc.constantFrom(...TYPES), payload: anything }), nearly(liar.assign.assignment, liar.hand.edge), fc.record({ type: fc.string(), payload: anything }));
    await fc.assert(
      fc.asyncProperty(messages, fc.constantFrom(federation.connect(), greeted, liar.hand.link), async ({ type, payload }, link) => {
        // A clean farewell would end the conversation that is being tested.
        fc.pre(!(type === 'leave' && typeof payload === 'object' && payload !== null && Object.keys(payload).length === 0));
        await refusedOrAnswered(link, type, payload);
      }),
      { numRuns: 1500, seed: 20 },
    );
    expect([...codes]).toEqual(expect.arrayContaining(['bad_message', 'not_authenticated', 'bad_token', 'upload_mismatch', 'forbidden']));
    await honestRound(edges);
  });

  it('and frames with whatever bytes changed are taken whole or refused with a code', () => {
    const own = asAssignmentId('line.1.0');
    const good = toyReport(own, [0.5, 0.5]);
    const arena = createMergeArena(toySchema(SPEC));
    const outcomes = new Map<string, number>();
    const change = fc.record({ at: fc.nat(good.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(good.length), (changes, length) => {
        const bytes = good.slice(0, length % 3 === 0 ? length : good.length);
        for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
        let outcome = 'taken';
        try {
          decodeEdgeReport(bytes, own, TOY_LAYOUT.digest, arena);
        } catch (thrown) {
          outcome = isMurmurError(thrown) ? thrown.code : `not ours: ${String(thrown)}`;
        }
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        expect(['taken', 'bad_frame', 'unsupported_version', 'bad_layout', 'bad_weight', 'not_finite', 'out_of_range', 'norm_too_large', 'unknown_assignment', 'wrong_round', 'wrong_task']).toContain(outcome);
      }),
      { numRuns: 5000, seed: 21 },
    );
    expect(outcomes.get('bad_frame')).toBeGreaterThan(1000);
  });

  it('get an answer of bounded length', async () => {
    const { link } = await enrolled();
    const error = await thrownBy(() => settled(link.request('checkIn', { tasks: new Array<number>(100).fill(0) } as never)));
    expect(error.code).toBe('bad_message');
    expect(JSON.stringify([error.message, error.details]).length).toBeLessThan(6_000);
    const long = await thrownBy(() => settled(link.request('tasks', { ['k'.repeat(100_000)]: 1 } as never)));
    expect(JSON.stringify([long.message, long.details]).length).toBeLessThan(10_000);
  });
});
