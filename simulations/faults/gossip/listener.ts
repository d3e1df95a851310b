/** A peer that listens: newcomers come into the swarm through it, with its own voucher behind theirs, also when every rendezvous is gone. */
import type { Mesh } from '../../../client/gossip/mesh.ts';
import { meshHouse } from '../../../client/gossip/mesh-house.ts';
import { createRendezvous, type Rendezvous } from '../../../shared/gossip/rendezvous.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { RandomSource } from '../../../shared/random.ts';
import { bytesFrom } from '../bytes-from.ts';
import type { Host } from '../host.ts';

/** @param mesh introduced, since newcomers are told of its peers */
export function createListener(mesh: Mesh, host: Host, random: RandomSource, logger: Logger): Rendezvous {
  return createRendezvous({
    clock: host.clock, random, logger, randomBytes: bytesFrom(random.fork('challenges')),
    house: meshHouse(mesh, { admission: 'open', admit: () => Promise.resolve() }),
  });
}
