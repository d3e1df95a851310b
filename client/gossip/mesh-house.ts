/** On what terms a peer that listens lets newcomers into its swarm: with vouchers that have its own behind them, and introduced to its whole mesh. */
import { MurmurError } from '../../shared/errors.ts';
import type { RendezvousHouse } from '../../shared/gossip/rendezvous-house.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { Mesh } from './mesh.ts';

/** @param mesh started, since newcomers are told of its peers */
export function meshHouse(mesh: Pick<Mesh, 'swarm' | 'somePeers' | 'vouchFor' | 'host'>, { admission, admit }: Pick<RendezvousHouse, 'admission' | 'admit'>): RendezvousHouse {
  return {
    admission,
    admit,
    iceServers: mesh.swarm.iceServers.map(({ urls, ...rest }) => ({ ...rest, urls: [...urls] })),
    tasks: async () => [asTaskId(mesh.swarm.task.name)],
    async terms(wanted) {
      const { task, digest, root } = mesh.swarm;
      if (wanted !== task.name) throw new MurmurError('not_found', `this peer learns ${task.name}, not ${wanted}`);
      return { task, swarm: digest, root, vouch: (publicKey) => mesh.vouchFor(publicKey) };
    },
    elsewhere: mesh,
  };
}
