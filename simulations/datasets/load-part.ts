/** From a dataset and a partition to what one client holds. */
import { toDataset } from '../../client/datasets/split.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import { classesOf, DataContract } from '../../shared/task/data-contract.ts';
import type { PartitionInput, PartitionPlan } from '../partitioners/partitioner.ts';
import { applyTransform } from '../partitioners/transform.ts';
import type { SimulationDataset } from './dataset.ts';

/** What a partitioner needs to know of the training set. */
export async function partitionInputOf(dataset: SimulationDataset): Promise<PartitionInput> {
  const { size, labels, owners } = await dataset.loadWhole('train');
  const classes = classesOf(DataContract.parse(dataset.contract({ flat: true })))?.length ?? 0;
  return { size, labels, classes, owners };
}

/**
 * The examples of one client, transformed where the plan says so, and split as the contract says. The whole set is read
 * once, by whichever call comes first; after that a part costs the copying of its bytes.
 * @param part from 0.
 * @throws bad_config for a part that the plan does not have; bad_dataset for another contract than the dataset's.
 */
export async function loadPart(dataset: SimulationDataset, contract: DataContract, plan: PartitionPlan, part: number): Promise<Dataset> {
  const { parts, transforms } = plan;
  if (!(Number.isInteger(part) && part >= 0 && part < parts.length)) throw new MurmurError('bad_config', `there is no part ${part}; the partition has ${parts.length}, counted from 0`);
  if (contract.kind === 'columns') throw new MurmurError('bad_dataset', `${dataset.name} holds examples, the task wants the columns of a table`);
  const examples = await dataset.load('train', contract, parts[part]);
  const transform = transforms?.[part] ?? null;
  return toDataset(transform === null ? examples : applyTransform(examples, transform, contract), contract, `${dataset.name} part ${part + 1} of ${parts.length}`);
}
