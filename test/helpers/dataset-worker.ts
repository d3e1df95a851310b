/** A worker thread that takes one part out of a dataset. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Dataset } from '../../shared/model/examples.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';
import type { WholeSet } from '../../simulations/datasets/dataset.ts';
import { loadPart } from '../../simulations/datasets/load-part.ts';
import { openDataset, type DatasetSpec } from '../../simulations/datasets/registry.ts';
import type { PartitionPlan } from '../../simulations/partitioners/partitioner.ts';

export interface DatasetWorkerData {
  readonly spec: DatasetSpec;
  readonly handed: { readonly train?: WholeSet };
  readonly contract: DataContract;
  readonly plan: PartitionPlan;
  readonly part: number;
}

export interface DatasetWorkerAnswer {
  readonly part: Dataset;
  /** Whether it read what it was handed. */
  readonly sameMemory: boolean;
}

const { spec, handed, contract, plan, part } = workerData as DatasetWorkerData;
const dataset = openDataset(spec, handed);
parentPort?.postMessage({ part: await loadPart(dataset, contract, plan, part), sameMemory: (await dataset.loadWhole('train')) === handed.train } satisfies DatasetWorkerAnswer);
