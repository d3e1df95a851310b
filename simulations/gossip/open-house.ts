/** The house of a rendezvous that lets everybody into one swarm, and holds its root key. Several that are given the same key are one house with several doors. */
import { MurmurError } from '../../shared/errors.ts';
import type { RendezvousHouse } from '../../shared/gossip/rendezvous-house.ts';
import { swarmOf } from '../../shared/gossip/swarm.ts';
import { issueVoucher, type VoucherOrder } from '../../shared/gossip/voucher.ts';
import { fromHex, toHex } from '../../shared/hex.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';

/** Vouchers outlast any simulation, and clocks that are hours off. Milliseconds since the epoch. */
const EXPIRES = 2 ** 50;

/** @param root the swarm's root key */
export function openHouse(task: GossipTask, root: VoucherOrder['issuer']): RendezvousHouse {
  const swarm = swarmOf(task);
  const name = asTaskId(task.name);
  return {
    admission: 'open',
    admit: () => Promise.resolve(),
    tasks: async () => [name],
    async terms(wanted) {
      if (wanted !== name) throw new MurmurError('not_found', `there is no task ${wanted}`);
      return { task, swarm, root: toHex(root.publicKey), vouch: (publicKey) => issueVoucher({ swarm, publicKey: fromHex(publicKey), expires: EXPIRES, issuer: root, chain: null }) };
    },
    iceServers: [],
  };
}
