/** Peers over the graph that their task names. All are there from the beginning to the end. */
import { MurmurError } from '../../shared/errors.ts';
import { findWay } from '../../shared/gossip/registry.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { buildGraph } from '../../shared/topology/registry.ts';
import { agreementOf } from '../../shared/topology/spectral-gap.ts';
import { createGraphNetwork } from './graph-network.ts';
import { createLines } from './lines.ts';
import type { Swarm, SwarmOptions } from './swarm.ts';

/** @throws bad_config where so many peers cannot be linked so */
export function createGraphSwarm({ clock, epochMs, task, devices, random, loses }: SwarmOptions): Swarm {
  const ids = devices.map((_, number) => asEdgeId(`e${String(number).padStart(20, '0')}`));
  const graph = buildGraph(task.gossip.topology, devices.length, random.fork('graph'));
  const lines = createLines({ clock, epochMs, devices, random: random.fork('lines') });
  const way = findWay(task.gossip.way.name);
  // Others are held back by their neighbours' letters, and ask nobody when theirs have left.
  const waitsForLine = way.kind === 'letters' && way.needs.pace === 'own';
  const network = createGraphNetwork({ clock, ids, graph, takes: (from, to, bytes, frame) => (loses(frame) ? null : lines.takes(from, to, bytes)), ...(waitsForLine ? { takenIn: lines.takenIn } : {}) });
  const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  return {
    add: (device) => ({ network: network.peer(device), started: Promise.resolve() }),
    open: () => network.open(),
    vanish: () => Promise.reject(new MurmurError('internal', 'a graph that is given has no place for newcomers')),
    separate: (apart, noticeMs) => network.separate(apart, noticeMs),
    join: () => network.join(),
    get sent() {
      return sumOf(network.sent);
    },
    get arrived() {
      return sumOf(network.arrived);
    },
    contraction: agreementOf(graph).contraction,
    stop: () => Promise.resolve(),
  };
}
