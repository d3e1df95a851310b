/** Meshes over real WebRTC on the loopback interface: they form by one introducer, which then dies, and take in a newcomer without it. */
import { expect, test } from 'vitest';
import { createMesh, type Mesh } from '../../client/gossip/mesh.ts';
import type { Introducer } from '../../client/gossip/introducer.ts';
import type { MeshEvent } from '../../client/gossip/mesh-events.ts';
import { openNodeConnection } from '../../client/gossip/webrtc/node/node-connection.ts';
import { createWebRtcTransport } from '../../client/gossip/webrtc/webrtc-transport.ts';
import { generateKeyPair } from '#platform/crypto';
import { systemClock } from '../../shared/clock.ts';
import { asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createRandom } from '../../shared/random.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import { createMemoryRendezvous, listenerOf } from '../helpers/memory-swarm.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';

test('six meshes find each other over WebRTC, lose their introducer, and take a seventh in', async () => {
  const clock = systemClock;
  const rendezvous = createMemoryRendezvous(clock, parseGossipTask(toyGossipTask({ gossip: { topology: { name: 'overlay', degree: 3 } } })), 1);
  const meshes: Mesh[] = [];
  const events: MeshEvent[] = [];
  /** Looks again after each event of any mesh. */
  let look = (): void => undefined;
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      look = () => holds() && resolve();
      look();
    });
  async function add(introducersOf: (publicKey: Uint8Array) => readonly Introducer[]): Promise<Mesh> {
    const identity = generateKeyPair();
    const mesh = createMesh({
      task: asTaskId('line'), identity, introducers: introducersOf(identity.publicKey), clock, random: createRandom(meshes.length), logger: silentLogger,
      transports: ({ iceServers }) => [createWebRtcTransport({ connect: openNodeConnection, clock, iceServers, bindAddress: '127.0.0.1' })],
      times: { tickMs: 1000, quietMs: 1000, deadMs: 5000 },
      onEvent(event) {
        events.push(event);
        look();
      },
    });
    meshes.push(mesh);
    await mesh.start();
    return mesh;
  }
  try {
    for (let i = 0; i < 6; i++) await add((publicKey) => [rendezvous(publicKey)]);
    await until(() => meshes.every((mesh) => mesh.links(1).to.length >= 3));
    rendezvous(new Uint8Array(32)).kill();
    const newcomer = await add((publicKey) => [listenerOf(clock, meshes[2], publicKey)]);
    newcomer.onMembers(() => look());
    await until(() => newcomer.links(1).to.length >= 3 && newcomer.members().length === 7);

    const far = meshes.find(({ self }) => self !== newcomer.self && !newcomer.links(1).to.includes(self)) ?? meshes[0];
    const letter = new Uint8Array(1_000_000).map((_, i) => i % 251);
    const came = new Promise<Uint8Array>((resolve) => far.onFrame((_, frame) => resolve(frame)));
    await newcomer.send(far.self, letter);
    expect(Buffer.compare(await came, letter)).toBe(0);
    expect(newcomer.metrics.bytesSent.webrtc).toBeGreaterThan(1_000_000);
    expect(newcomer.metrics.channels.relay).toBe(0);

    await meshes[0].stop();
    await until(() => meshes.slice(1).every((mesh) => !mesh.links(1).to.includes(meshes[0].self) && mesh.links(1).to.length >= 3));
    expect(events.filter(({ type }) => type === 'refused' || type === 'shunned')).toEqual([]);
  } finally {
    await Promise.all(meshes.slice(1).map((mesh) => mesh.stop()));
  }
});
