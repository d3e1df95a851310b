/** What both of the worker's sessions need before they begin: the examples, a backend, an identity. */
import type { Logger } from '../../shared/logger.ts';
import { MurmurError, toMurmurError, type ErrorBody } from '../../shared/errors.ts';
import { modelFreeOf } from '../../shared/algorithms/model-free.ts';
import { setBackendFiles } from '../../shared/model/backends.ts';
import type { AnyTask } from '../../shared/task/task-spec.ts';
import { openFilesSource } from '../datasets/browser/files-source.ts';
import { loadColumns } from '../datasets/columns.ts';
import type { DatasetSource } from '../datasets/dataset-source.ts';
import { chooseBackend, type BackendChoice, type BackendTry } from '../training/choose-backend.ts';
import type { EdgeStorage } from './edge-storage.ts';
import type { DataChoice, DemoData, GossipStartOptions, WorkerToPage } from './worker-messages.ts';

export type Tell = (message: WorkerToPage, transfer?: Transferable[]) => void;

/** Warnings of a session are worth a line on the page; the rest is for the console. */
export function createPageLogger(tell: Tell): Logger {
  const note = (_: object, message: string): void => tell({ type: 'note', text: message });
  return { debug: () => undefined, info: () => undefined, warn: note, error: note };
}

/** Unlike on the wire, the owner of this device sees internal errors as they are. */
export function errorBody(thrown: unknown): ErrorBody {
  const { code, message, retryable } = toMurmurError(thrown);
  return { code, message, retryable };
}

async function fetchFile(url: string, name: string): Promise<File> {
  const answer = await fetch(url).catch((cause: unknown) => {
    throw new MurmurError('unavailable', `the sample ${url} could not be fetched; is the coordinator running?`, { cause });
  });
  if (!answer.ok) throw new MurmurError('unavailable', `the sample ${url} could not be fetched: the coordinator answered ${answer.status}`);
  return new File([await answer.blob()], name);
}

async function openDemo({ images, labels }: DemoData): Promise<DatasetSource> {
  const nameOf = (url: string): string => new URL(url).pathname.split('/').at(-1) ?? url;
  const files = await Promise.all([images, labels].map((url) => fetchFile(url, nameOf(url))));
  return openFilesSource(files.map((file) => ({ path: file.name, file })));
}

async function openData(data: DataChoice): Promise<DatasetSource> {
  switch (data.kind) {
    case 'demo':
      return openDemo(data.demo);
    case 'files':
      return openFilesSource(data.files, data.chosenClass === null ? {} : { chosenClass: data.chosenClass });
  }
}

/** Loads the examples for every task agreed to before anybody is called: wrong files are the owner's business alone. */
export async function loadData(data: DataChoice, tasks: readonly Pick<AnyTask, 'name' | 'data' | 'algorithm'>[], tell: Tell): Promise<ReadonlyMap<string, DatasetSource>> {
  const source = await openData(data);
  const sources = new Map<string, DatasetSource>();
  for (const spec of tasks) {
    const contract = JSON.stringify(spec.data);
    if (modelFreeOf(spec)?.reads === 'columns') {
      const table = await loadColumns(source, spec.data);
      sources.set(spec.name, {
        name: source.name,
        load: (asked) => source.load(asked),
        loadColumns: (asked) => (JSON.stringify(asked) === contract ? Promise.resolve(table) : loadColumns(source, asked)),
      });
      tell({ type: 'data', task: spec.name, source: source.name, examples: table.rows, heldBack: 0 });
      continue;
    }
    const dataset = await source.load(spec.data);
    sources.set(spec.name, {
      name: source.name,
      load: (asked) => (JSON.stringify(asked) === contract ? Promise.resolve(dataset) : source.load(asked)),
    });
    tell({ type: 'data', task: spec.name, source: dataset.source, examples: dataset.train.size, heldBack: dataset.validation?.size ?? 0 });
  }
  return sources;
}

export function speedOf({ backend, stepsPerSecond, error }: BackendTry): string {
  if (stepsPerSecond === null) return `${backend}: not usable here (${error ?? 'no reason given'})`;
  return `${backend}: ${stepsPerSecond < 10 ? stepsPerSecond.toFixed(1) : Math.round(stepsPerSecond)} steps a second`;
}

/** @param scriptUrl the worker's own: the backends' files lie beside it */
export async function pickBackend({ backend }: Pick<GossipStartOptions, 'backend'>, storage: EdgeStorage, scriptUrl: string, tell: Tell): Promise<BackendChoice> {
  setBackendFiles(new URL('./', scriptUrl).href);
  const cached = await storage.backend(backend);
  if (cached === null) tell({ type: 'preparing', text: 'Measuring how fast this device computes' });
  const choice = await chooseBackend({
    ...(backend === null ? {} : { force: backend }),
    ...(cached === null ? {} : { cached }),
    onProgress: (tried) => tell({ type: 'note', text: speedOf(tried) }),
  });
  await storage.keepBackend(backend, choice);
  tell({ type: 'backend', backend: choice.backend, stepsPerSecond: choice.stepsPerSecond });
  return choice;
}
