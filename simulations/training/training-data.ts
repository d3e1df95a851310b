/** The examples of a simulation as its workers see them: one dataset in shared memory, and which of it is whose. Plain data, so that it can be handed over. */
import type { DatasetSet, SimulationDataset, WholeSet } from '../datasets/dataset.ts';
import { loadPart } from '../datasets/load-part.ts';
import { openDataset, type DatasetSpec } from '../datasets/registry.ts';
import { MurmurError } from '../../shared/errors.ts';
import { takeExamples, type Dataset, type Examples } from '../../shared/model/examples.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';
import { applyPoison, triggered, type Poison } from '../attacks/poison.ts';
import type { PartitionPlan } from '../partitioners/partitioner.ts';

export interface TrainingData {
  readonly dataset: DatasetSpec;
  /** Read once, by the main thread. */
  readonly sets: Readonly<Record<DatasetSet, WholeSet>>;
  readonly contract: DataContract;
  readonly plan: PartitionPlan;
  /** What some of the parts' training examples are falsified by; null: none is. */
  readonly poisoned: { readonly parts: readonly number[]; readonly poison: Poison; readonly seed: number } | null;
}

export interface OpenedData {
  /** What one client holds. */
  client(part: number): Promise<Dataset>;
  /** The held-out examples from … to − 1. */
  heldOut(from: number, to: number): Promise<Examples>;
  /** Of the same those of other classes, with the backdoor's trigger and its label. */
  triggered(from: number, to: number): Promise<Examples>;
}

export function openTrainingData({ dataset, sets, contract, plan, poisoned }: TrainingData): OpenedData {
  const opened: SimulationDataset = openDataset(dataset, sets);
  const heldOut = async (from: number, to: number): Promise<Examples> => takeExamples(await opened.load('test', contract), Int32Array.from({ length: to - from }, (_, i) => from + i));
  return {
    async client(part) {
      const own = await loadPart(opened, contract, plan, part);
      if (!poisoned?.parts.includes(part)) return own;
      return { ...own, train: applyPoison(own.train, poisoned.poison, contract, poisoned.seed + part) };
    },
    heldOut,
    async triggered(from, to) {
      if (poisoned?.poison.kind !== 'backdoor') throw new MurmurError('internal', 'there is no trigger');
      return triggered(await heldOut(from, to), poisoned.poison.trigger, contract);
    },
  };
}
