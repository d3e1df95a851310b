/** What the test's page does with files: as the join page does, it collects them here and lets a worker read them. */
import './no-eval.ts';
import { droppedFiles, pickedFiles, type DroppedFile } from '../../../client/datasets/browser/dropped-files.ts';
import { createBrowserConditionsReader } from '../../../client/device/conditions-browser.ts';
import type { Conditions } from '../../../shared/task/conditions.ts';
import type { DataContract } from '../../../shared/task/data-contract.ts';
import type { LoadAnswer, LoadRequest } from './worker.ts';

declare global {
  interface Window {
    picked(): DroppedFile[];
    /** Resolves with what the next drop on the page brings. */
    nextDrop(): Promise<DroppedFile[]>;
    load(files: readonly DroppedFile[], contract: DataContract, chosenClass?: string): Promise<LoadAnswer>;
    conditions(): Promise<Conditions>;
  }
}

const worker = new Worker('/worker.js', { type: 'module' });

window.picked = () => pickedFiles(document.querySelector('input')?.files ?? []);

window.nextDrop = () =>
  new Promise((resolve, reject) => {
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener(
      'drop',
      (event) => {
        event.preventDefault();
        if (event.dataTransfer) droppedFiles(event.dataTransfer).then(resolve, reject);
      },
      { once: true },
    );
  });

window.load = (files, contract, chosenClass) =>
  new Promise((resolve) => {
    worker.addEventListener('message', (event: MessageEvent<LoadAnswer>) => resolve(event.data), { once: true });
    worker.postMessage({ files, contract, chosenClass } satisfies LoadRequest);
  });

window.conditions = () => createBrowserConditionsReader().read();
