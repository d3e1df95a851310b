/** Swarms of peers as what fault seeds break. */
import type { FaultKind } from '../fault-kind.ts';
import { drawSwarm } from './draw-swarm.ts';
import { plainerSwarmFaults, smallerSwarms } from './smaller-swarm.ts';
import { runSwarm } from './swarm.ts';
import { parseSwarmSchedule, type SwarmSchedule } from './swarm-schedule.ts';

export const SWARMS: FaultKind<SwarmSchedule> = {
  command: 'murmur simulate --faults --gossip',
  files: 'faults-gossip',
  draw: drawSwarm,
  parse: parseSwarmSchedule,
  open: () => Promise.resolve({ run: runSwarm, close: () => Promise.resolve() }),
  withFaults: (schedule, faults) => ({ ...schedule, faults }),
  smallerWorlds: smallerSwarms,
  plainerFaults: plainerSwarmFaults,
};
