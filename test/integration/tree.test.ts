import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEdgeAggregator } from '../../client/edge/edge-aggregator.ts';
import { fromErrorBody } from '../../shared/errors.ts';
import { asTaskId } from '../../shared/ids.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import type { AggregatorAnswer, AggregatorOrder, Forwarded } from '../helpers/aggregator-process.ts';
import { bundleScript, type BundledScript } from '../helpers/bundle-script.ts';
import { toyReport, toyStatistic } from '../helpers/hand-edge.ts';
import { selectHands, startLiveServer, type LiveServer, type SelectedHand } from '../helpers/live-server.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { toySchema } from '../helpers/toy-task.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const SPEC = toySpec({ round: { goal: 5, minimum: 1, overSelection: 1, configurationSeconds: 3600, reportingSeconds: 3600 }, stop: { rounds: 1 } });

interface AggregatorProcess {
  readonly pid: number;
  add(frame: Uint8Array): Promise<string>;
  forward(): Promise<Forwarded>;
  end(): Promise<void>;
}

let script: BundledScript;
let live: LiveServer;
let hands: readonly SelectedHand[];
const processes: AggregatorProcess[] = [];

beforeAll(async () => {
  script = await bundleScript(new URL('../helpers/aggregator-process.ts', import.meta.url));
});
afterAll(() => script.remove());

beforeEach(async () => {
  live = await startLiveServer();
  await live.runTask(SPEC);
  hands = await selectHands(live, 'line', 5);
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.end()));
  await live.stop();
});

async function startAggregator(): Promise<AggregatorProcess> {
  const child: ChildProcess = fork(script.path, { serialization: 'advanced', execArgv: [] });
  const order = async (sent: AggregatorOrder): Promise<unknown> => {
    child.send(sent);
    const [answer] = (await once(child, 'message')) as [AggregatorAnswer];
    if ('error' in answer) throw fromErrorBody(answer.error);
    return answer.done;
  };
  const { pid } = (await order({ type: 'open', url: live.server.url, token: live.server.adminToken, spec: SPEC, round: 1 })) as { pid: number };
  const running: AggregatorProcess = {
    pid,
    add: async (frame) => (await order({ type: 'add', frame })) as string,
    forward: async () => (await order({ type: 'forward' })) as Forwarded,
    async end() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
  processes.push(running);
  return running;
}

/** Halves and powers of two, so that every sum is exact whatever its grouping. */
const DELTAS: readonly (readonly [number, number])[] = [[0.5, -0.25], [0.25, 0.75], [-1, 2], [0.125, 0.5], [3, -1.5]];
const WEIGHTS = [1, 3, 2, 8, 2];
const report = (i: number): Uint8Array => toyReport(hands[i].assign.assignment, DELTAS[i], WEIGHTS[i]);
const idOf = (i: number): string => hands[i].assign.assignment;
/** Σ w·x / Σ w over the five edges, Σ w = 16: exact in float32. */
const EXPECTED = [0, 1].map((at) => DELTAS.reduce((sum, delta, i) => sum + WEIGHTS[i] * delta[at], 0) / 16);

async function expectCommitted(): Promise<void> {
  await live.untilRounds(1);
  expect(live.rounds[0]).toMatchObject({ outcome: 'committed', selected: 5, reported: 5 });
  expect(EXPECTED).toEqual([(0.5 + 0.75 - 2 + 1 + 6) / 16, (-0.25 + 2.25 + 4 + 4 - 3) / 16]);
  expect(await live.weightsOf('line', 1)).toEqual(EXPECTED);
  const { body } = await live.api('/api/tasks/line/rounds/1');
  expect((body as { participations: { status: string }[] }).participations.map(({ status }) => status)).toEqual(new Array(5).fill('reported'));
}

describe('a tree of depth two', () => {
  it('merges two accumulators of other processes into one round, and an edge in both counts once', async () => {
    const [left, right] = [await startAggregator(), await startAggregator()];
    expect(new Set([left.pid, right.pid, process.pid]).size).toBe(3);
    for (const i of [0, 1, 2]) expect(await left.add(report(i))).toBe('accepted');
    expect(await left.add(report(1))).toBe('duplicate');
    // Edge 2 reported to both.
    for (const i of [2, 3, 4]) expect(await right.add(report(i))).toBe('accepted');
    expect(await left.forward()).toEqual({ outcome: 'accepted', contains: [0, 1, 2].map(idOf), leftOut: [], waiting: [] });
    expect(await right.forward()).toEqual({ outcome: 'accepted', contains: [3, 4].map(idOf), leftOut: [idOf(2)], waiting: [] });
    await expectCommitted();
  });

  it('counts once when both forward at the same moment, and when an edge reports straight to the coordinator, too', async () => {
    const [left, right] = [await startAggregator(), await startAggregator()];
    for (const i of [0, 1, 2, 3]) await left.add(report(i));
    for (const i of [1, 2, 3, 4]) await right.add(report(i));
    const direct = hands[3].hand.report(hands[3].assign.assignment, report(3));
    const [one, two, { outcome }] = await Promise.all([left.forward(), right.forward(), direct]);
    expect(['accepted', 'duplicate']).toContain(outcome);
    const counted = [...one.contains, ...two.contains, ...(outcome === 'accepted' ? [idOf(3)] : [])];
    expect(counted.sort()).toEqual([0, 1, 2, 3, 4].map(idOf).sort());
    await expectCommitted();
  });

  it('says again what was answered while the answer was lost', async () => {
    const left = await startAggregator();
    const schema = toySchema(SPEC);
    const accumulator = createAccumulator(schema);
    for (const i of [0, 1]) {
      await left.add(report(i));
      accumulator.add(toyStatistic(DELTAS[i], WEIGHTS[i]), hands[i].assign.assignment);
    }
    // The same accumulator arrived once before, and its sender never heard of it.
    const before = await live.handEdge({ role: 'aggregator', token: live.server.adminToken });
    expect(await before.link.request('accumulator', { task: LINE, round: 1, frame: encodeAccumulator(accumulator, TOY_LAYOUT.digest) })).toMatchObject({ outcome: 'accepted' });
    expect(await left.forward()).toEqual({ outcome: 'duplicate', contains: [], leftOut: [0, 1].map(idOf), waiting: [] });
    for (const i of [2, 3, 4]) await left.add(report(i));
    expect(await left.forward()).toMatchObject({ outcome: 'accepted', leftOut: [] });
    await expectCommitted();
  });

  it('keeps its reports until the coordinator has answered, and sends long ones in chunks', async () => {
    const first = await live.handEdge({ role: 'aggregator', token: live.server.adminToken });
    const aggregator = createEdgeAggregator({ task: LINE, round: 1, layout: TOY_LAYOUT.digest, schema: toySchema(SPEC) });
    for (const i of [0, 1, 2, 3, 4]) aggregator.add(report(i));
    const sizes = { chunkBytes: 1 << 20, chunkWindow: 4 };
    first.link.close();
    expect((await thrownBy(() => aggregator.forward(first.link, sizes))).code).toBe('disconnected');
    expect(aggregator.waiting).toEqual([0, 1, 2, 3, 4].map(idOf));
    const again = await live.handEdge({ role: 'aggregator', token: live.server.adminToken, keys: first.keys });
    expect(await aggregator.forward(again.link, { chunkBytes: 100, chunkWindow: 3 })).toEqual({ outcome: 'accepted', contains: [0, 1, 2, 3, 4].map(idOf), leftOut: [] });
    expect(aggregator.waiting).toEqual([]);
    await expectCommitted();
    expect((await thrownBy(() => again.link.request('accumulator', { task: LINE, round: 1, frame: new Uint8Array(1) }))).code).toBe('not_found');
  });

  it('does not take from an accumulator what it would not take from an edge', async () => {
    const aggregator = await live.handEdge({ role: 'aggregator', token: live.server.adminToken });
    const schema = toySchema(SPEC);
    const forward = async (change: (accumulator: ReturnType<typeof createAccumulator>) => void, round = 1, layout = TOY_LAYOUT.digest): Promise<{ code: string; details: unknown }> => {
      const accumulator = createAccumulator(schema);
      change(accumulator);
      return thrownBy(() => aggregator.link.request('accumulator', { task: LINE, round, frame: encodeAccumulator(accumulator, layout) }));
    };
    const state = live.server.coordinator.driver(LINE).state();
    const id = hands[0].assign.assignment;
    expect(await forward((one) => one.add(toyStatistic([Number.NaN, 0]), id))).toMatchObject({ code: 'not_finite' });
    expect(await forward((one) => one.add(toyStatistic([1, 0], 1e9), id))).toMatchObject({ code: 'bad_weight' });
    expect(await forward(() => undefined)).toMatchObject({ code: 'bad_frame' });
    expect(await forward((one) => one.add(toyStatistic([1, 0]), id), 2)).toMatchObject({ code: 'wrong_round' });
    expect(await forward((one) => one.add(toyStatistic([1, 0]), id), 1, '0'.repeat(64) as never)).toMatchObject({ code: 'bad_layout' });
    expect(await forward((one) => {
      one.add(toyStatistic([1, 0]), id);
      one.add(toyStatistic([1, 0]), 'line.1.77' as never);
    })).toMatchObject({ code: 'unknown_assignment', details: { assignments: ['line.1.77'] } });
    expect(live.server.coordinator.driver(LINE).state()).toBe(state);
  });

  it('leaves out those whose part is over, and the rest counts', async () => {
    const { link } = await live.handEdge({ role: 'aggregator', token: live.server.adminToken });
    const aggregator = createEdgeAggregator({ task: LINE, round: 1, layout: TOY_LAYOUT.digest, schema: toySchema(SPEC) });
    for (const i of [0, 1, 2, 3, 4]) aggregator.add(report(i));
    for (const i of [1, 2, 4]) await hands[i].hand.link.request('withdraw', { assignment: hands[i].assign.assignment, reason: 'on battery' });
    expect(await aggregator.forward(link, { chunkBytes: 1 << 20, chunkWindow: 4 })).toEqual({ outcome: 'accepted', contains: [0, 3].map(idOf), leftOut: [1, 2, 4].map(idOf) });
    await live.untilRounds(1);
    expect(live.rounds[0]).toMatchObject({ outcome: 'committed', reported: 2 });
    // (1 · 0.5 + 8 · 0.125) / 9 and (1 · −0.25 + 8 · 0.5) / 9, in float32
    expect(await live.weightsOf('line', 1)).toEqual([Math.fround(1.5 / 9), Math.fround(3.75 / 9)]);
  });
});
