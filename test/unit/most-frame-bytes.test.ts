/** Every frame of a task is as long as may be said of it beforehand, and not much shorter. */
import { expect, it } from 'vitest';
import { mostFrameBytes } from '../../client/gossip/most-frame-bytes.ts';
import { encodeSlice } from '../../shared/gossip/group-frames.ts';
import { encodeLetter } from '../../shared/gossip/letter-frame.ts';
import { encodeModel } from '../../shared/gossip/peer-frames.ts';
import { findWay, wayConfigOf } from '../../shared/gossip/registry.ts';
import { asDigest } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import type { GossipTaskInput } from '../../shared/task/task-spec.ts';
import { idOf } from '../helpers/membership-swarm.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';

const SIZE = 200_000;
const layout = asDigest('0f'.repeat(32));

it.each<NonNullable<NonNullable<GossipTaskInput['gossip']>['way']>>([
  { name: 'd-psgd' },
  { name: 'push-sum' },
  { name: 'epidemic' },
  { name: 'choco', codec: { name: 'top-k', fraction: 1 } },
  { name: 'choco', codec: { name: 'random-k', fraction: 1 } },
  { name: 'choco', codec: { name: 'int8' } },
  { name: 'group-average', pieceValues: 1 << 24 },
])('is long enough for $name', (given) => {
  const task = parseGossipTask(toyGossipTask({ gossip: { way: given } }));
  const most = mostFrameBytes(task, SIZE);
  const way = findWay(task.gossip.way.name);
  const config = wayConfigOf(task.gossip.way);
  const random = createRandom(1);
  const model = Float32Array.from({ length: SIZE }, () => random.normal());
  const frames = [encodeModel(1, layout, model)];
  if (way.kind === 'group') frames.push(encodeSlice({ round: 1, key: '0f'.repeat(16) }, { step: 'gather', slice: 0, piece: 0, weight: 1, values: model }));
  else {
    const links = { to: [idOf(1), idOf(2)], from: [idOf(1), idOf(2)], oneWay: false };
    let state = way.learned(way.init(new Float32Array(SIZE), config), model, config);
    for (const round of [1, 2]) {
      const sent = way.send(state, { round, links, random: random.fork(`${round}`) }, config);
      frames.push(...sent.post.map(({ letter }) => encodeLetter({ round, layout }, letter)));
      state = way.receive(sent.state, [], { round, links, random }, config);
    }
    expect(frames.length).toBeGreaterThan(1);
  }
  for (const { byteLength } of frames) expect(byteLength).toBeLessThanOrEqual(most);
  expect(most).toBeLessThan(3 * Math.max(...frames.map(({ byteLength }) => byteLength)));
});
