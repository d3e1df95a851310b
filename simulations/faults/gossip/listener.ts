/** A peer that listens: newcomers come into the swarm through it, with its own voucher behind theirs, also when every rendezvous is gone. */
import type { Mesh } from '../../../client/gossip/mesh.ts';
import { MurmurError } from '../../../shared/errors.ts';
import { createRendezvous, type Rendezvous } from '../../../shared/gossip/rendezvous.ts';
import { asTaskId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { RandomSource } from '../../../shared/random.ts';
import { bytesFrom } from '../bytes-from.ts';
import type { Host } from '../host.ts';

/** @param mesh introduced, since newcomers are told of its peers */
export function createListener(mesh: Mesh, host: Host, random: RandomSource, logger: Logger): Rendezvous {
  return createRendezvous({
    clock: host.clock, random, logger, randomBytes: bytesFrom(random.fork('challenges')),
    house: {
      admission: 'open',
      admit: () => Promise.resolve(),
      tasks: async () => [asTaskId(mesh.swarm.task.name)],
      async terms(wanted) {
        const { task, digest, root } = mesh.swarm;
        if (wanted !== task.name) throw new MurmurError('not_found', `this peer learns ${task.name}, not ${wanted}`);
        return { task, swarm: digest, root, vouch: (publicKey) => mesh.vouchFor(publicKey) };
      },
      iceServers: [],
      elsewhere: mesh,
    },
  });
}
