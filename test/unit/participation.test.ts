import { describe, expect, it } from 'vitest';
import type { EdgeEvent } from '../../client/edge/events.ts';
import { createParticipation } from '../../client/edge/participation.ts';
import type { TaskBench } from '../../client/edge/task-bench.ts';
import { MurmurError } from '../../shared/errors.ts';
import { asAssignmentId, asDigest, asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import { createToyTrainer, TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const ASSIGN = {
  assignment: asAssignmentId('line.1.0'), task: LINE, round: 1, version: 0, checkpoint: { digest: asDigest('0'.repeat(64)), bytes: 1 }, stage: 'report',
  broadcast: {}, seed: 1, configureWithinMs: 1e6, reportWithinMs: 1e6,
};

/** A participation whose requests are noted and answered by hand, and whose training is. */
function house() {
  const happened: string[] = [];
  const answers = new Map<string, (outcome: unknown) => void>();
  let finishTraining: () => void = () => undefined;
  const toy = createToyTrainer([[1, 1]]);
  const trainer: Trainer = {
    ...toy,
    train: (options) =>
      new Promise((resolve, reject) => {
        happened.push('trains');
        finishTraining = () => resolve(toy.train(options));
        options.signal?.addEventListener('abort', () => {
          happened.push('stops training');
          reject(options.signal?.reason as Error);
        });
      }),
  };
  const link = {
    closed: false,
    request: (type: string) => {
      happened.push(type);
      return new Promise((resolve, reject) => answers.set(type, (outcome) => (outcome instanceof MurmurError ? reject(outcome) : resolve(outcome))));
    },
  } as unknown as Link<EdgeToCoordinator>;
  const participation = createParticipation({
    assign: ASSIGN, spec: parseTaskSpec(toySpec()), link, sizes: { chunkBytes: 1e6, chunkWindow: 4 },
    bench: { trainer: () => Promise.resolve(trainer) } as unknown as TaskBench,
    session: {
      checkpoints: { fetch: () => Promise.resolve(encodeCheckpoint(createParameters(TOY_LAYOUT, new Float32Array(2)))) },
      state: { load: () => Promise.resolve([]), save: () => Promise.resolve() }, logger: silentLogger, clock: createVirtualClock(),
      capabilities: () => Promise.resolve({ platform: 'node', backend: 'cpu', stepsPerSecond: null }),
    },
    emit: (event: EdgeEvent) => happened.push(event.type === 'error' ? `error ${event.error.code}` : `(${event.type})`),
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { participation, happened, turn, answer: (type: string, outcome: unknown) => answers.get(type)?.(outcome), finishTraining: () => finishTraining() };
}

describe('an edge that has its checkpoint', () => {
  it('trains while the coordinator is told so, and reports when it was', async () => {
    const { participation, happened, turn, answer, finishTraining } = house();
    await turn();
    expect(happened).toEqual(['(downloading)', 'configured', 'trains']);
    finishTraining();
    await turn();
    expect(happened).toHaveLength(3);
    answer('configured', {});
    await turn();
    expect(happened.slice(3)).toEqual(['(reporting)', 'report']);
    answer('report', { outcome: 'accepted', comeBackAfterMs: 1 });
    await participation.done;
    expect(happened.at(-1)).toBe('(reported)');
  });

  it('stops training where the coordinator says that the assignment is over, and says why', async () => {
    const { participation, happened, turn, answer } = house();
    await turn();
    answer('configured', new MurmurError('unknown_assignment', 'assignment line.1.0 is over'));
    await turn();
    answer('withdraw', {});
    await participation.done;
    expect(happened.slice(2)).toEqual(['trains', 'stops training', 'error unknown_assignment', 'withdraw']);
  });

  it('is released, and nothing else, where that comes while it waits for the answer', async () => {
    const { participation, happened, turn, answer } = house();
    await turn();
    participation.release('the goal was reached without it');
    answer('configured', {});
    await participation.done;
    expect(happened.slice(2)).toEqual(['trains', 'stops training', '(released)']);
  });
});
