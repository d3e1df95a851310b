/** What `murmur task show` says of a task's newest version. */
import { expect, it } from 'vitest';
import { describeTask } from '../../cli/commands/task-show.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { liveTask } from '../helpers/live-state.ts';

const modelLine = (stop: object, live: Partial<LiveTask>): string | undefined => {
  const spec = parseTaskSpec({
    name: 'toy', model: { topology: { class_name: 'Sequential', config: {} }, loss: 'categoricalCrossentropy' },
    data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'categorical', column: 'y', values: ['no', 'yes'] } },
    algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.1 }, round: { goal: 4 }, stop,
  });
  const text = describeTask({ id: asTaskId('toy'), spec, status: 'running', statusReason: null, createdAt: 0 }, spec, liveTask({ task: 'toy', version: 5, best: null, targetAccuracy: null, ...live }));
  return text.split('\n').find((line) => line.startsWith('model'))?.replace(/^model +/, '');
};
const UNJUDGED = { accuracy: null, loss: null };

it('tells what the coordinator’s evaluation found, beside its target', () => {
  expect(modelLine({ accuracy: 0.97 }, { targetAccuracy: 0.97, best: 5 })).toBe('version 5, accuracy 96.12 % (target 97.00 %), loss 0.131, the best so far');
  expect(modelLine({ rounds: 9 }, { accuracy: null, loss: 2.5 })).toBe('version 5, accuracy –, loss 2.500');
});

it('says that the coordinator evaluates nothing, and what waits for that in vain', () => {
  expect(modelLine({ rounds: 9 }, UNJUDGED)).toBe('version 5, not evaluated by the coordinator');
  expect(modelLine({ rounds: 9 }, { ...UNJUDGED, best: 4 })).toBe('version 5, not evaluated by the coordinator; the best is version 4');
  const vain = (what: string): string => `version 5, not evaluated by the coordinator, so that ${what} never ends the task (\`murmur serve --evaluate toy=DATASET\` evaluates it)`;
  expect(modelLine({ accuracy: 0.97 }, UNJUDGED)).toBe(vain('stop.accuracy'));
  expect(modelLine({ patience: { rounds: 3 } }, UNJUDGED)).toBe(vain('stop.patience'));
  // Its other end came first.
  expect(modelLine({ rounds: 5, patience: { rounds: 3 } }, { ...UNJUDGED, status: 'finished' })).toBe('version 5, not evaluated by the coordinator');
});

it('says nothing of the kind before the first version', () => {
  expect(modelLine({ accuracy: 0.97 }, { ...UNJUDGED, version: 0 })).toBe('version 0, accuracy –, loss –');
});
