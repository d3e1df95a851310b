import { describe, expect, it } from 'vitest';
import { createFrameBounds } from '../../server/gateway/frame-bounds.ts';
import { asAssignmentId, asDigest, asTaskId, type TaskId } from '../../shared/ids.ts';
import { MurmurError } from '../../shared/errors.ts';
import { encodeFrame } from '../../shared/protocol/frame.ts';
import { largestAccumulator, largestReport } from '../../shared/statistics/frame-sizes.ts';
import { encodeReport } from '../../shared/statistics/report-frame.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { createLayout } from '../../shared/tensors/layout.ts';
import { openHandEdge, toyStatistic } from '../helpers/hand-edge.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { toySchema } from '../helpers/toy-task.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { settledIn } from '../../simulations/virtual-clock.ts';
import { createVirtualFederation, toySpec } from '../helpers/virtual-federation.ts';

const HEADER = 64 * 1024;
const LINE = asTaskId('line');

describe('the longest frame of a task', () => {
  it('is the header at its longest and each field padded to a multiple of 8', () => {
    // delta: 2 float32, trainLoss and examples: a float64 each.
    expect(largestReport(toySchema(toySpec()))).toBe(12 + HEADER + 8 + 8 + 8 + 8);
    expect(largestAccumulator(toySchema(toySpec()))).toBe(12 + 2 * 1024 * 1024 + 8 + 16 + 8 + 8);
    expect(largestReport({ fields: [{ name: 'odd', monoid: 'sum', dtype: 'float32', shape: [3, 5] }] })).toBe(12 + HEADER + 8 + 64);
  });

  it('takes a frame whose header is as long as may be', () => {
    const schema = toySchema(toySpec());
    const { fields } = toyStatistic([1, 2]);
    const tensors = Object.entries(fields).map(([name, values]) => ({ name, dtype: name === 'delta' ? ('float32' as const) : ('float64' as const), shape: [values.length], values }));
    const bare = encodeFrame({ kind: 'report', meta: { pad: '' }, tensors });
    const headerOf = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint32(8, true);
    for (let missing = 0; missing < 8; missing++) {
      const frame = encodeFrame({ kind: 'report', meta: { pad: 'x'.repeat(HEADER - headerOf(bare) - missing) }, tensors });
      expect(headerOf(frame)).toBe(HEADER - missing);
      expect(frame.byteLength).toBeLessThanOrEqual(largestReport(schema));
    }
    expect(encodeReport({ assignment: asAssignmentId('line.1.0'), layout: TOY_LAYOUT.digest, statistic: toyStatistic([1, 2]) }).byteLength).toBeLessThan(largestReport(schema));
  });
});

describe('the bounds of tasks', () => {
  function house() {
    const asked: TaskId[] = [];
    let failing = false;
    const bounds = createFrameBounds(
      {
        getTask: (id) => {
          asked.push(id);
          if (failing) return Promise.reject(new MurmurError('not_found', 'none'));
          return Promise.resolve({ id, spec: parseTaskSpec(toySpec({ name: id })), status: 'running', statusReason: null, createdAt: 0 });
        },
        layoutOf: (id) => Promise.resolve(createLayout([{ name: 'w', shape: [id === LINE ? 2 : 1000] }])),
      },
      2,
    );
    return { bounds, asked, fail: (yes: boolean) => (failing = yes) };
  }

  it('are each task’s own, and worked out once', async () => {
    const { bounds, asked } = house();
    const other = asTaskId('other');
    expect(await bounds.of(LINE)).toEqual({ report: 12 + HEADER + 8 + 24, accumulator: 12 + 2 * 1024 * 1024 + 8 + 32 });
    expect((await bounds.of(other)).report).toBe(12 + HEADER + 8 + 4000 + 16);
    await bounds.of(LINE);
    expect(asked).toEqual([LINE, other]);
    // A third task takes the oldest one's place.
    await bounds.of(asTaskId('third'));
    await bounds.of(other);
    expect(asked).toEqual([LINE, other, 'third']);
    await bounds.of(LINE);
    expect(asked).toHaveLength(4);
  });

  it('are asked for again after a failure', async () => {
    const { bounds, fail } = house();
    fail(true);
    expect((await thrownBy(() => bounds.of(LINE))).code).toBe('not_found');
    fail(false);
    expect((await bounds.of(LINE)).report).toBe(12 + HEADER + 8 + 24);
  });
});

describe('an upload', () => {
  it('is no longer than its task’s frames can be, and not empty: nothing is reserved for it', async () => {
    const one = await createVirtualFederation();
    const settled = <T>(promise: Promise<T>): Promise<T> => settledIn(one.clock, promise);
    await one.coordinator.start();
    await one.coordinator.createTask(toySpec({ round: { goal: 1, overSelection: 1 } }));
    await one.coordinator.startTask(LINE);
    const hand = await settled(openHandEdge(one.connect(), { token: 'enrol' }));
    await settled(hand.checkIn(LINE));
    const { assignment } = await settled(hand.nextAssign());
    const most = largestReport(toySchema(toySpec()));
    const begin = (bytes: number): Promise<unknown> => settled(hand.link.request('uploadBegin', { assignment, bytes, digest: asDigest('0'.repeat(64)) }));
    expect((await thrownBy(() => begin(most + 1))).code).toBe('too_large');
    expect((await thrownBy(() => begin(0))).code).toBe('bad_message');
    expect(await begin(most)).toEqual({ received: 0 });
    expect((await thrownBy(() => settled(hand.report(assignment, new Uint8Array(most + 1))))).code).toBe('too_large');
    await one.stop();
  });
});
