/** What is kept of peers that write letters, and of those that are no neighbours any more. */
import { expect, test } from 'vitest';
import { createLetterExchange } from '../../client/gossip/letter-exchange.ts';
import type { PeerNetwork } from '../../client/gossip/peer-network.ts';
import { encodeLetter, LETTER_READER } from '../../shared/gossip/letter-frame.ts';
import { findWay, wayConfigOf } from '../../shared/gossip/registry.ts';
import type { LetterWay } from '../../shared/gossip/way.ts';
import { decodeFrame } from '../../shared/protocol/frame.ts';
import { createRandom } from '../../shared/random.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import { buildGraph } from '../../shared/topology/registry.ts';
import { createGraphNetwork } from '../../simulations/gossip/graph-network.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { createVirtualClock, settledIn } from '../../simulations/virtual-clock.ts';
import { idOf } from '../helpers/membership-swarm.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';

test('a peer whose letter came late, and whose channel was then given up, holds nobody back for ever', () => {
  const clock = createVirtualClock();
  const ids = [0, 1, 2, 3, 4].map(idOf);
  const random = createRandom(1);
  const network = createGraphNetwork({ clock, ids, graph: buildGraph({ name: 'complete' }, 5, random), takes: () => 1 }).peer(0);
  const task = parseGossipTask(toyGossipTask({ gossip: { way: { name: 'd-psgd' } }, stop: { rounds: 1000 } }));
  const exchange = createLetterExchange({
    task, way: findWay('d-psgd') as LetterWay, config: wayConfigOf(task.gossip.way), layout: TOY_LAYOUT, initial: new Float32Array(2), network, clock, random, letters: LETTER_READER,
  });
  const letter = (from: number, round: number): void => {
    const fields = { parameters: Float32Array.of(1, 2), degree: Float64Array.of(4) };
    exchange.onFrame(ids[from], decodeFrame(encodeLetter({ round, layout: TOY_LAYOUT.digest }, { weight: 1, fields })));
  };
  for (const former of [1, 2]) {
    // Gone from among the neighbours, while a letter was under way.
    exchange.gone(ids[former]);
    letter(former, 5);
  }
  letter(3, 80);
  letter(4, 90);
  // More than half have reached no more than round 5.
  expect(exchange.latestRound).toBe(5);
  exchange.released(ids[1]);
  exchange.released(ids[2]);
  expect(exchange.latestRound).toBe(80);
});

test('a neighbour that takes nothing is sent no more than three letters', async () => {
  const clock = createVirtualClock();
  const ids = [0, 1, 2].map(idOf);
  const random = createRandom(1);
  const inner = createGraphNetwork({ clock, ids, graph: buildGraph({ name: 'complete' }, 3, random), takes: () => 1 }).peer(0);
  const written = new Map<string, number>();
  let take = (): void => undefined;
  const taken = new Promise<void>((resolve) => {
    take = resolve;
  });
  const network: PeerNetwork = {
    ...inner,
    post: undefined,
    send(to) {
      written.set(to, (written.get(to) ?? 0) + 1);
      return to === ids[1] ? taken : Promise.resolve();
    },
  };
  const task = parseGossipTask(toyGossipTask({ gossip: { way: { name: 'd-psgd' }, patienceSeconds: 1 }, stop: { rounds: 1000 } }));
  const exchange = createLetterExchange({
    task, way: findWay('d-psgd') as LetterWay, config: wayConfigOf(task.gossip.way), layout: TOY_LAYOUT, initial: new Float32Array(2), network, clock, random, letters: LETTER_READER,
  });
  const turn = (round: number): Promise<unknown> => settledIn(clock, exchange.turn(round, new AbortController().signal));
  for (let round = 1; round <= 10; round++) await turn(round);
  expect([written.get(ids[1]), written.get(ids[2])]).toEqual([3, 10]);
  // Once it has taken them, which is heard of in the next turn, it is written to again.
  take();
  await turn(11);
  await turn(12);
  expect([written.get(ids[1]), written.get(ids[2])]).toEqual([4, 12]);
});

test.each([
  { way: 'push-sum', poison: { sum: Float64Array.of(1e100, 0), mass: Float64Array.of(1), since: Float64Array.of(1) } },
  { way: 'choco', poison: { values: Float32Array.of(3e38, 0), flags: Float64Array.of(0), run: Float64Array.of(7), base: null, version: Float64Array.of(1), degree: Float64Array.of(2) } },
])('of finite values that would leave no finite model nothing is taken, and whose they are is told: $way', async ({ way: name, poison }) => {
  const clock = createVirtualClock();
  const ids = [0, 1, 2].map(idOf);
  const random = createRandom(1);
  const network = createGraphNetwork({ clock, ids, graph: buildGraph({ name: 'complete' }, 3, random), takes: () => 1 }).peer(0);
  const task = parseGossipTask(toyGossipTask({ gossip: { way: { name }, patienceSeconds: 1 }, stop: { rounds: 1000 } }));
  const refused: { readonly from: string; readonly thrown: unknown }[] = [];
  const initial = Float32Array.of(3e38, 1);
  const exchange = createLetterExchange({
    task, way: findWay(name) as LetterWay, config: wayConfigOf(task.gossip.way), layout: TOY_LAYOUT, initial, network, clock, random, letters: LETTER_READER,
    onRefused: (from, thrown) => refused.push({ from, thrown }),
  });
  const fields = Object.fromEntries(Object.entries(poison).map(([field, value]) => [field, value ?? Float64Array.of(exchange.state?.numbers.base ?? 0)]));
  exchange.onFrame(ids[1], decodeFrame(encodeLetter({ round: 1, layout: TOY_LAYOUT.digest }, { weight: 1, fields })));
  const outcome = await settledIn(clock, exchange.turn(1, new AbortController().signal));
  expect(outcome.merged).toEqual([]);
  expect(refused).toEqual([{ from: ids[1], thrown: expect.objectContaining({ code: 'out_of_range' }) as unknown }]);
  expect([...exchange.parameters]).toEqual([Math.fround(3e38), 1]);
});
