/** `murmur task show NAME` of a task in gossip mode: its peers that are connected to the coordinator, as they say of themselves. */
import type { TaskRecord } from '../../server/storage/store.ts';
import { formatLoss, formatPercent } from '../../shared/format.ts';
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import type { LiveSwarm } from '../../shared/protocol/live-swarm.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';
import type { Output } from '../output.ts';
import { formatTable } from '../table.ts';

export function showSwarm(task: TaskRecord, spec: GossipTask, swarm: LiveSwarm, live: LiveTask | null, output: Output): void {
  const { gossip } = spec;
  const distance = swarm.consensusDistance === null ? 'not known: two peers or more must have said something of their models' : `about ${swarm.consensusDistance.toPrecision(3)}, by the sketches of ${swarm.measured} peers`;
  const facts = [
    ['task', spec.description === '' ? task.id : `${task.id}: ${spec.description}`],
    ['mode', 'gossip: peers learn it among themselves'],
    ['status', task.statusReason === null ? task.status : `${task.status} (${task.statusReason})`],
    ['algorithm', spec.algorithm.name],
    ['way', `${gossip.way.name} over ${gossip.topology.name}`],
    ['peers', `${swarm.peersInAll} connected here, ${swarm.links.length} links among those that are seen`],
    ['distance', `to their mean, root mean square: ${distance}`],
    ['versions', live === null || live.version === 0 ? 'none: `murmur models adopt TASK FILE` takes a peer’s model in' : `the newest is ${live.version}, accuracy ${formatPercent(live.accuracy)}`],
  ];
  const rows = swarm.peers.map((peer) => [peer.peer, peer.name, String(peer.round), formatPercent(peer.accuracy), formatLoss(peer.loss), String(peer.merged.length)]);
  const table = rows.length === 0 ? 'No peer is connected now.' : formatTable(['PEER', 'NAME', 'ROUND', 'ACCURACY', 'LOSS', 'MERGED WITH'], rows);
  output.result({ task, live, swarm }, [facts.map(([label, value]) => `${label.padEnd(10)} ${value}`).join('\n'), table].join('\n\n'));
}
