/**
 * FedBuff beside synchronous FedAvg (Nguyen et al. 2022): MNIST by the FedAvg paper's 2NN on a hundred devices, all of them
 * there, the fastest up to twenty times as fast as the slowest. Nothing differs between them but who waits for whom, and how
 * many work at once.
 */
import { mnistContract } from '../datasets/mnist.ts';
import { mlp2nn } from '../models/mlp-2nn.ts';
import type { PartitionSpecInput } from '../partitioners/registry.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';

const REPORTS = 10;
const LOCAL = { epochs: 1, batchSize: 10 } as const;
/** Half of the devices: as PAPAYA (Huba et al. 2022), which keeps many at work and makes a version of every few reports. */
const CONCURRENCY = 50;
/** A version's base must be there as long as somebody may begin with it. */
const KEPT = 25;

interface Row {
  readonly name: string;
  readonly description: string;
  readonly partition: PartitionSpecInput;
  readonly algorithm: ScenarioInput['task']['algorithm'];
  /** Beside the ten reports of a version. */
  readonly round?: Omit<ScenarioInput['task']['round'], 'goal'>;
  readonly rounds: number;
}

const onSpreadFleet = ({ name, description, partition, algorithm, round, rounds }: Row): ScenarioInput => ({
  name,
  description: `${description}; MNIST, 2NN, 100 devices with a twentyfold spread of speeds, E = 1, B = 10, a version of every ${REPORTS} reports`,
  task: {
    model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 },
    data: mnistContract({ flat: true }),
    algorithm,
    // Nobody is cut off by the clock: the slowest takes four and a half minutes.
    round: { goal: REPORTS, selectionSeconds: 1, reportingSeconds: 3600, comeBackSeconds: 1, ...round },
  },
  data: { dataset: { name: 'mnist' }, partition },
  edges: 100,
  // A step takes the median device a second, as one of a far larger model would: computing, not sending, must take the time.
  fleet: { preset: 'uniform', speedSpread: 20, classes: [{ preset: 'uniform', stepsPerSecond: 1 }] },
  server: { keepVersions: KEPT },
  target: 0.97,
  rounds,
});

const IID = { name: 'iid' } as const;
const SHARDS = { name: 'shards' } as const;
const ALL_WAITED_FOR = { minimum: REPORTS, overSelection: 1 } as const;

export const FEDBUFF_2NN: readonly ScenarioInput[] = [
  onSpreadFleet({
    name: 'fedbuff-2nn', description: `FedBuff, ${CONCURRENCY} at work at once, IID`, partition: IID, rounds: 600,
    algorithm: { name: 'fedbuff', ...LOCAL, learningRate: 0.2, concurrency: CONCURRENCY },
  }),
  onSpreadFleet({
    name: 'fedbuff-2nn-sync', description: 'Synchronous FedAvg, ten asked and waited for, IID', partition: IID, rounds: 300,
    algorithm: { name: 'fedavg', ...LOCAL, learningRate: 0.2 }, round: ALL_WAITED_FOR,
  }),
  onSpreadFleet({
    name: 'fedbuff-2nn-noniid', description: `FedBuff, ${CONCURRENCY} at work at once, two shards a device`, partition: SHARDS, rounds: 3000,
    algorithm: { name: 'fedbuff', ...LOCAL, learningRate: 0.1, concurrency: CONCURRENCY },
  }),
  onSpreadFleet({
    name: 'fedbuff-2nn-noniid-sync', description: 'Synchronous FedAvg, ten asked and waited for, two shards a device', partition: SHARDS, rounds: 800,
    algorithm: { name: 'fedavg', ...LOCAL, learningRate: 0.1 }, round: ALL_WAITED_FOR,
  }),
];
