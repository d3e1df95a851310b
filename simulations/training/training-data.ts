/** The examples of a simulation as its workers see them: one dataset in shared memory, and which of it is whose. Plain data, so that it can be handed over. */
import type { DatasetSet, SimulationDataset, WholeSet } from '../datasets/dataset.ts';
import { loadPart } from '../datasets/load-part.ts';
import { openDataset, type DatasetSpec } from '../datasets/registry.ts';
import { takeExamples, type Dataset, type Examples } from '../../shared/model/examples.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';
import type { PartitionPlan } from '../partitioners/partitioner.ts';

export interface TrainingData {
  readonly dataset: DatasetSpec;
  /** Read once, by the main thread. */
  readonly sets: Readonly<Record<DatasetSet, WholeSet>>;
  readonly contract: DataContract;
  readonly plan: PartitionPlan;
}

export interface OpenedData {
  /** What one client holds. */
  client(part: number): Promise<Dataset>;
  /** The held-out examples from … to − 1. */
  heldOut(from: number, to: number): Promise<Examples>;
}

export function openTrainingData({ dataset, sets, contract, plan }: TrainingData): OpenedData {
  const opened: SimulationDataset = openDataset(dataset, sets);
  return {
    client: (part) => loadPart(opened, contract, plan, part),
    heldOut: async (from, to) => takeExamples(await opened.load('test', contract), Int32Array.from({ length: to - from }, (_, i) => from + i)),
  };
}
