/** Reads files in a Web Worker and answers with numbers that a test can compare. */
import './no-eval.ts';
import type { DroppedFile } from '../../../client/datasets/browser/dropped-files.ts';
import { openFilesSource } from '../../../client/datasets/browser/files-source.ts';
import { toErrorBody, type ErrorBody } from '../../../shared/errors.ts';
import type { DataContract } from '../../../shared/task/data-contract.ts';

export interface LoadRequest {
  readonly files: readonly DroppedFile[];
  readonly contract: DataContract;
  readonly chosenClass?: string;
}

export type LoadAnswer = { readonly ok: true; readonly name: string; readonly inputs: number[]; readonly labels: number[]; readonly inputShape: readonly number[] } | { readonly ok: false; readonly error: ErrorBody };

addEventListener('message', (event: MessageEvent<LoadRequest>) => {
  void answer(event.data).then((result) => postMessage(result));
});

async function answer({ files, contract, chosenClass }: LoadRequest): Promise<LoadAnswer> {
  try {
    const { train, source } = await openFilesSource(files, { chosenClass }).load(contract);
    return { ok: true, name: source, inputs: [...train.inputs], labels: [...train.labels], inputShape: train.inputShape };
  } catch (error) {
    return { ok: false, error: toErrorBody(error) };
  }
}
