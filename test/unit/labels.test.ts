import { afterEach, describe, expect, it } from 'vitest';
import { countLabels } from '../../client/datasets/count-labels.ts';
import { asTaskId } from '../../shared/ids.ts';
import { edgeRequests, PROTOCOL, type EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { checkInForMinor } from '../../shared/protocol/older-minors.ts';
import { asksForLabels } from '../../shared/task/asks-for-labels.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { IDLE_MACHINE } from '../helpers/hand-edge.ts';
import { createVirtualFederation, toySpec, type EdgeSettings, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const CLASSES: TaskSpecInput['data'] = { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'categorical', column: 'y', values: ['no', 'yes', 'perhaps'] } };

let federation: VirtualFederation | null = null;
afterEach(async () => {
  await federation?.stop();
  federation = null;
});

describe('labels are counted', () => {
  it('by class, in label order', () => {
    expect(countLabels({ labels: Int32Array.of(2, 0, 2, 2), labelShape: [] }, 4)).toEqual([1, 0, 3, 0]);
  });

  it.each([
    ['numbers to predict', Float32Array.of(1, 2), [1]],
    ['a class that the task does not have', Int32Array.of(0, 3), []],
    ['a class below none', Int32Array.of(-1, 0), []],
  ])('not where they are %s', (_, labels, labelShape) => {
    expect(countLabels({ labels, labelShape }, 3)).toBeNull();
  });
});

describe('a task asks for labels', () => {
  const { data } = parseTaskSpec(toySpec({ data: CLASSES, model: { topology: { class_name: 'Sequential', config: {} }, loss: 'categoricalCrossentropy' } }));
  it.each([
    [{}, { name: 'uniform' }, false],
    [{ labels: { atLeast: 2 } }, { name: 'uniform' }, true],
    [{ labels: undefined }, { name: 'uniform' }, false],
    [{}, { name: 'stratified', by: 'label' }, true],
    [{}, { name: 'stratified', by: 'region' }, false],
  ])('with criteria %j and sampler %j: %s', (criteria, sampler, expected) => {
    expect(asksForLabels({ data, selection: { criteria, sampler } })).toBe(expected);
  });

  it('never where it predicts a number', () => {
    expect(asksForLabels({ data: parseTaskSpec(toySpec()).data, selection: { criteria: { labels: {} }, sampler: {} } })).toBe(false);
  });
});

describe('a check-in', () => {
  const request = (labels: number[] | undefined): EdgeToCoordinator['checkIn']['request'] => ({
    conditions: { ...IDLE_MACHINE, roundTripMs: 30, idle: true }, capabilities: { platform: 'node', backend: 'cpu', stepsPerSecond: null, region: 'north' },
    tasks: [{ task: 'line', examples: 4, ...(labels ? { labels } : {}) }],
  });

  it('is refused where the counts do not sum to the examples', () => {
    expect(edgeRequests.checkIn.safeParse(request([1, 3])).success).toBe(true);
    expect(edgeRequests.checkIn.safeParse(request(undefined)).success).toBe(true);
    expect(edgeRequests.checkIn.safeParse(request([1, 2])).error?.issues).toMatchObject([{ path: ['tasks', 0, 'labels'] }]);
    expect(edgeRequests.checkIn.safeParse(request([5, -1])).success).toBe(false);
  });

  it('has for a coordinator of minor version 0 what that one knew, and nothing else', () => {
    expect(checkInForMinor(PROTOCOL.minor, request([1, 3]))).toEqual(request([1, 3]));
    expect(checkInForMinor(0, request([1, 3]))).toEqual({
      conditions: { battery: 'none', charging: true, network: 'ethernet', metered: false, downlink: 'unknown', visibility: 'hidden', load: 0 },
      capabilities: { platform: 'node', backend: 'cpu', stepsPerSecond: null },
      tasks: [{ task: 'line', examples: 4 }],
    });
  });
});

describe('an edge', () => {
  async function checkedIn(settings: Partial<EdgeSettings>): Promise<VirtualFederation> {
    federation = await createVirtualFederation();
    await federation.coordinator.start();
    await federation.coordinator.createTask(toySpec());
    await federation.coordinator.startTask(LINE);
    const edge = federation.addEdge({ examples: [[1, 1]], ...settings });
    if (!(await federation.clock.runUntil(() => edge.events.some(({ type }) => type === 'checked-in')))) throw new Error('it never checked in');
    return federation;
  }

  it('tells no labels to a task that does not ask, whatever its owner agrees to', async () => {
    const { coordinator } = await checkedIn({ shareLabels: true });
    const [presence] = coordinator.population.all();
    expect(presence.checkIn?.tasks).toEqual([{ task: 'line', examples: 1 }]);
    expect(presence.protocolMinor).toBe(PROTOCOL.minor);
  });
});
