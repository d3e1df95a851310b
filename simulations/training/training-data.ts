/** The examples of a simulation as its workers see them: one dataset in shared memory, and which of it is whose. */
import { mnistContract, mnistExamples } from '../datasets/mnist.ts';
import { takeExamples, type Dataset, type Examples } from '../../shared/model/examples.ts';
import { toDataset } from '../../client/datasets/split.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';

export interface TrainingData {
  readonly dataset: string;
  readonly contract: DataContract;
  /** Indices of each client's examples. */
  readonly parts: readonly Int32Array[];
}

void mnistContract;
void takeExamples;

export async function loadClient({ contract, parts }: TrainingData, part: number): Promise<Dataset> {
  if (contract.kind !== 'image') throw new TypeError('images only');
  return toDataset(await mnistExamples('train', contract, parts[part]), contract, `part ${part}`);
}

export async function loadHeldOut({ contract }: TrainingData, from: number, to: number): Promise<Examples> {
  if (contract.kind !== 'image') throw new TypeError('images only');
  return mnistExamples('test', contract, Int32Array.from({ length: to - from }, (_, i) => from + i));
}
