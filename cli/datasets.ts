/** Datasets named on the command line: an edge's own, and what a coordinator evaluates on. */
import { stat } from 'node:fs/promises';
import type { DatasetSource } from '../client/datasets/dataset-source.ts';
import { openDatasetSource } from '../client/datasets/node/open-source.ts';
import { MurmurError } from '../shared/errors.ts';
import type { Examples } from '../shared/model/examples.ts';
import type { DataContract } from '../shared/task/data-contract.ts';
import type { AnyTask } from '../shared/task/task-spec.ts';
import { mnistExamples } from '../simulations/datasets/mnist.ts';
import { mnistScheme } from '../simulations/datasets/mnist-source.ts';
import { splitTask } from './arguments.ts';

/** The whole test set of MNIST, which no edge holds. */
const MNIST_TEST = 'mnist:test';

export function openDataset(text: string): DatasetSource {
  return openDatasetSource(text, { mnist: mnistScheme });
}

/**
 * What an agent holds for a task: `TASK=SPEC` is for that task alone, a bare `SPEC` for every other.
 * @throws bad_usage for a scheme that is none, and where two are given for the same tasks
 */
export function datasetChooser(texts: readonly string[]): (task: string) => DatasetSource | null {
  const byTask = new Map<string | null, DatasetSource>();
  for (const text of texts) {
    const { task, value } = splitTask(text);
    if (byTask.has(task)) throw new MurmurError('bad_usage', task === null ? 'two datasets are given for every task; write TASK=DATASET to say which is for which' : `two datasets are given for the task ${task}`);
    byTask.set(task, openDataset(value));
  }
  return (task) => byTask.get(task) ?? byTask.get(null) ?? null;
}

/** Files and folders named by `texts` that are not there: an agent reads them when a task needs them, and its owner should know before. */
export async function missingFiles(texts: readonly string[]): Promise<readonly string[]> {
  const files = texts.flatMap((text) => {
    const [, scheme, rest] = /^(csv|images|idx):(.*)$/.exec(splitTask(text).value) ?? [];
    return scheme === undefined ? [] : scheme === 'idx' ? rest.split(',').map((file) => file.trim()) : [rest];
  });
  const there = await Promise.all(files.map((file) => stat(file).then(() => true, () => false)));
  return files.filter((_, i) => !there[i]);
}

/** The examples to evaluate on, all of the dataset: nothing is held back from an evaluation. */
export async function loadEvaluation(text: string, contract: DataContract): Promise<Examples> {
  if (text === MNIST_TEST) {
    if (contract.kind !== 'image') throw new MurmurError('bad_dataset', `${MNIST_TEST} holds images, the task's data contract is of the kind ${contract.kind}`);
    return mnistExamples('test', contract);
  }
  if (contract.kind === 'columns') throw new MurmurError('bad_usage', `${text}: a task of statistics alone has no model that could be evaluated`);
  const whole = { ...contract, validation: { ...contract.validation, fraction: 0 } };
  return (await openDataset(text).load(whole)).train;
}

/** For a server's `evaluation`: by task, what it evaluates on, read when the task's data contract is known. */
export function evaluationLoaders(wanted: readonly { readonly task: string; readonly dataset: string }[]): Record<string, (spec: AnyTask) => Promise<Examples>> {
  return Object.fromEntries(wanted.map(({ task, dataset }) => {
    // A scheme that is none is found before the server starts.
    if (dataset !== MNIST_TEST) openDataset(dataset);
    return [task, (spec: AnyTask) => loadEvaluation(dataset, spec.data)];
  }));
}
