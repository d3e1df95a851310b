/** What simulated peers live in: a graph that is given, or meshes that they make by themselves. */
import type { PeerNetwork } from '../../client/gossip/peer-network.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';
import type { SimulatedDevice } from '../fleet/device.ts';

export interface Swarm {
  /** A new peer on this device. `started` resolves when it can be reached. */
  add(device: number): { readonly network: PeerNetwork; readonly started: Promise<void> };
  /** To be called once the first peers have begun: all that are there meet their neighbours. */
  open(): void;
  /** The device's peer is gone: nothing leaves it any more, and nobody is told. Resolves when nothing of it is left. */
  vanish(device: number): Promise<void>;
  /** From now on nothing comes from one of two such devices to the other. @param noticeMs when they find out, where nothing else tells them */
  separate(apart: (a: number, b: number) => boolean, noticeMs: number): void;
  join(): void;
  /** Bytes of all peers that there were, and of those the ones that arrived. */
  readonly sent: number;
  readonly arrived: number;
  /** By which factor the distance to the mean shrinks in a round of mixing over its graph; null: there is no graph. */
  readonly contraction: number | null;
  stop(): Promise<void>;
}

export interface SwarmOptions {
  readonly clock: Clock;
  /** When the simulation began, by its clock. */
  readonly epochMs: number;
  readonly task: GossipTask;
  /** By number. */
  readonly devices: readonly SimulatedDevice[];
  readonly random: RandomSource;
  readonly logger: Logger;
  /** Whether this frame is lost. */
  readonly loses: (frame: Uint8Array) => boolean;
}
