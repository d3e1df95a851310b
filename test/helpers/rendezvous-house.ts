/** A rendezvous in memory, under a virtual clock, and peers that knock at it. */
import { generateKeyPair, randomBytes } from '#platform/crypto';
import { createRendezvousClient, type RendezvousClient, type RendezvousClientOptions } from '../../client/gossip/rendezvous-client.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { MurmurError } from '../../shared/errors.ts';
import { createRendezvous, type Rendezvous } from '../../shared/gossip/rendezvous.ts';
import type { RendezvousHouse, RendezvousLimits } from '../../shared/gossip/rendezvous-house.ts';
import { swarmOf } from '../../shared/gossip/swarm.ts';
import { issueVoucher } from '../../shared/gossip/voucher.ts';
import { fromHex, toHex } from '../../shared/hex.ts';
import { asTaskId, type TaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { IntroducerToPeer, PeerToIntroducer } from '../../shared/protocol/peer-messages.ts';
import { createRandom } from '../../shared/random.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import { createMemoryLinks } from '../../simulations/network/memory-links.ts';
import { createVirtualClock, settledIn, type VirtualClock } from '../../simulations/virtual-clock.ts';
import { toyGossipTask } from './toy-task.ts';

export const LINE = asTaskId('line');
export const LINE_TASK = parseGossipTask(toyGossipTask());

export interface RendezvousWorld {
  readonly clock: VirtualClock;
  readonly rendezvous: Rendezvous;
  readonly root: ReturnType<typeof generateKeyPair>;
  readonly changes: readonly TaskId[];
  link(): Link<PeerToIntroducer>;
  client(options?: Partial<RendezvousClientOptions>): RendezvousClient & { readonly keys: ReturnType<typeof generateKeyPair>; readonly id: ReturnType<typeof edgeIdOf> };
  settled<T>(promise: Promise<T>): Promise<T>;
}

export interface WorldOptions {
  readonly house?: Partial<RendezvousHouse>;
  readonly limits?: Partial<RendezvousLimits>;
  readonly looksOn?: boolean;
}

export function createRendezvousWorld({ house = {}, limits = {}, looksOn = true }: WorldOptions = {}): RendezvousWorld {
  const clock = createVirtualClock();
  const root = generateKeyPair();
  const swarm = swarmOf(LINE_TASK);
  const changes: TaskId[] = [];
  const rendezvous = createRendezvous({
    clock, random: createRandom(1), logger: silentLogger, limits, randomBytes,
    ...(looksOn ? { onChange: (task: TaskId) => changes.push(task) } : {}),
    house: {
      admission: 'open',
      admit: async () => undefined,
      tasks: async () => [LINE],
      terms: async (task) => {
        if (task !== LINE) throw new MurmurError('not_found', `no task ${task}`);
        return { task: LINE_TASK, swarm, root: toHex(root.publicKey), vouch: (publicKey) => issueVoucher({ swarm, publicKey: fromHex(publicKey), expires: Math.floor(clock.now()) + 1_000_000, issuer: root, chain: null }) };
      },
      iceServers: [],
      ...house,
    },
  });
  const link = (): Link<PeerToIntroducer> => {
    const { near, far } = createMemoryLinks<PeerToIntroducer, IntroducerToPeer>({ clock, latencyMs: 1 });
    rendezvous.serve(far);
    return near;
  };
  return {
    clock, rendezvous, root, changes, link,
    client(options = {}) {
      const keys = generateKeyPair();
      const client = createRendezvousClient({ name: 'the test', connect: async () => link(), identity: keys, peerName: 'a peer', clock, ...options });
      return { ...client, keys, id: edgeIdOf(keys.publicKey) };
    },
    settled: (promise) => settledIn(clock, promise),
  };
}
