import { expect, it } from 'vitest';
import type { Coordinator } from '../../server/coordinator/coordinator.ts';
import { createPopulation } from '../../server/coordinator/population.ts';
import { createLiveFeed } from '../../server/observability/live-feed.ts';
import { systemClock } from '../../shared/clock.ts';
import { asTaskId, type EdgeId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { CoordinatorToEdge } from '../../shared/protocol/messages.ts';
import { liveConditions } from '../helpers/live-state.ts';

it('an edge keeps its number of examples when its task is over and when it goes away', async () => {
  const population = createPopulation();
  const running = [{ task: asTaskId('digits') }];
  const coordinator = { population, drivers: () => running, liveTasks: () => Promise.resolve([]), listen: () => () => undefined };
  const feed = createLiveFeed(coordinator as unknown as Coordinator, systemClock, silentLogger);
  const examples = async (): Promise<readonly (number | null)[]> => (await feed.current()).edges.map((edge) => edge.examples);

  const edge = 'e01' as EdgeId;
  let goAway: () => void = () => undefined;
  const link = { close: () => undefined, onClose: (listener: () => void) => (goAway = listener) };
  const checkIn = (tasks: readonly { readonly task: string; readonly examples: number }[]): void => population.checkIn(edge, {
    conditions: liveConditions(), capabilities: { platform: 'node', backend: 'wasm', stepsPerSecond: 1 }, tasks: tasks.map((one) => ({ ...one, task: asTaskId(one.task) })),
  }, 0);
  population.connect(edge, 'shed', link as unknown as Link<CoordinatorToEdge>, 0);
  expect(await examples()).toEqual([null]);
  checkIn([{ task: 'digits', examples: 6000 }, { task: 'stopped', examples: 7000 }]);
  // What it holds for a task that runs comes first.
  expect(await examples()).toEqual([6000]);
  checkIn([{ task: 'digits', examples: 6000 }]);
  running.pop();
  expect(await examples()).toEqual([6000]);
  // With no task running there is nothing that it could serve, and its check-in names none.
  checkIn([]);
  expect(await examples()).toEqual([6000]);
  goAway();
  expect(await examples()).toEqual([6000]);
  feed.stop();
});
