/** The swarms of this coordinator: the rendezvous of its tasks in gossip mode, with its edges' identities and a root key of its own. */
import { keyPairOf } from '#platform/crypto';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { createRendezvous, type Rendezvous } from '../../shared/gossip/rendezvous.ts';
import type { RendezvousHouse, SwarmTerms } from '../../shared/gossip/rendezvous-house.ts';
import { swarmOf } from '../../shared/gossip/swarm.ts';
import { issueVoucher } from '../../shared/gossip/voucher.ts';
import { fromHex, toHex } from '../../shared/hex.ts';
import type { Digest, TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { RandomSource } from '../../shared/random.ts';
import { isGossipTask, type GossipTask } from '../../shared/task/task-spec.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { EdgeRecord, Store } from '../storage/store.ts';
import { requireToken, revoked, type EnrolmentPolicy } from './identities.ts';

export interface SwarmsOptions {
  readonly coordinator: Pick<Coordinator, 'getTask' | 'listTasks'>;
  readonly store: Pick<Store, 'getEdge' | 'addEdge'>;
  readonly enrolment: EnrolmentPolicy;
  /** 32 bytes, hexadecimal: signs what peers show each other. */
  readonly rootKey: string;
  readonly iceServers: RendezvousHouse['iceServers'];
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
}

export interface Swarms {
  readonly rendezvous: Rendezvous;
  /** Called when a peer came, went, or said how it is. */
  listen(listener: (task: TaskId) => void): () => void;
}

/** Long enough that a swarm goes on without its rendezvous, short enough that who was revoked does not stay for ever. Milliseconds. */
const VOUCHER_MS = 7 * 86_400_000;

export function createSwarms({ coordinator, store, enrolment, rootKey, iceServers, clock, random, logger }: SwarmsOptions): Swarms {
  const root = keyPairOf(fromHex(rootKey));
  const listeners = new Set<(task: TaskId) => void>();
  /** A task never changes. */
  const digests = new WeakMap<GossipTask, Digest>();

  function digestOf(task: GossipTask): Digest {
    const digest = digests.get(task) ?? swarmOf(task);
    digests.set(task, digest);
    return digest;
  }

  const house: RendezvousHouse = {
    admission: enrolment.open ? 'open' : 'token',
    iceServers,
    async admit({ peer, publicKey, name, token }) {
      const known = await store.getEdge(peer);
      if (known !== null && known.revokedAt !== null) throw revoked(peer);
      if (known !== null) return;
      requireToken(enrolment, 'edge', token);
      const record: EdgeRecord = { id: peer, publicKey, name, role: 'edge', enrolledAt: clock.now(), revokedAt: null };
      await store.addEdge(record);
      logger.info({ peer, name }, 'enrolled');
    },
    async tasks() {
      return (await coordinator.listTasks()).filter(({ spec, status }) => isGossipTask(spec) && status === 'running').map(({ id }) => id);
    },
    async terms(id): Promise<SwarmTerms> {
      const { spec, status } = await coordinator.getTask(id);
      if (!isGossipTask(spec)) throw new MurmurError('not_found', `task ${id} is federated: its edges connect to \`/edge\``);
      if (status !== 'running') throw new MurmurError('conflict', `task ${id} takes no newcomers now (it is ${status}); \`murmur task start ${id}\` opens it`);
      const swarm = digestOf(spec);
      return { task: spec, swarm, root: toHex(root.publicKey), vouch: (publicKey) => issueVoucher({ swarm, publicKey: fromHex(publicKey), expires: Math.floor(clock.now()) + VOUCHER_MS, issuer: root, chain: null }) };
    },
  };
  return {
    rendezvous: createRendezvous({ house, clock, random, logger, onChange: (task) => listeners.forEach((listener) => listener(task)) }),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
