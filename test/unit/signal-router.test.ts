import { expect, test } from 'vitest';
import { createSignalRouter } from '../../client/gossip/signal-router.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { encodeMeshMessage, LONGEST_PATH, readMeshMessage, type DialSignal, type MeshMessage } from '../../shared/gossip/mesh-frames.ts';
import { createRandom } from '../../shared/random.ts';

const ID = (number: number): ReturnType<typeof asEdgeId> => asEdgeId(`e${String(number).padStart(20, '0')}`);
const SIGNAL: DialSignal = { type: 'end', dial: '0'.repeat(16) };

test('who was reached over as many hops as there may be can answer over all of them', () => {
  const self = ID(0);
  const nearest = ID(LONGEST_PATH);
  const sent: MeshMessage[] = [];
  let back: readonly ReturnType<typeof ID>[] = [];
  const router = createSignalRouter({
    self, isNear: (peer) => peer === nearest, near: () => [nearest], routeTo: () => null, random: createRandom(1), failed: () => undefined,
    send: (_to, message) => sent.push(readMeshMessage(encodeMeshMessage(message))),
    deliver(_from, _signal, way) {
      back = way;
    },
  });
  // From the peer 99, by 1, 2, …, to the one beside us.
  const path = [ID(99), ...Array.from({ length: LONGEST_PATH - 1 }, (_, i) => ID(i + 1))];
  router.routed(nearest, { type: 'routed', to: self, route: [], path, signal: SIGNAL });
  expect(back).toHaveLength(LONGEST_PATH);
  expect(router.send(ID(99), SIGNAL, back)).toBe(true);
  expect(sent).toEqual([{ type: 'routed', to: ID(99), route: back.slice(1), path: [], signal: SIGNAL }]);
});
