/** Which swarm a task's peers live in: one over a given graph, or meshes that they make by themselves. */
import { createGraphSwarm } from './graph-swarm.ts';
import { createMeshSwarm } from './mesh-swarm.ts';
import type { Swarm, SwarmOptions } from './swarm.ts';

export const createSwarm = (options: SwarmOptions): Swarm => (options.task.gossip.topology.name === 'overlay' ? createMeshSwarm(options) : createGraphSwarm(options));
