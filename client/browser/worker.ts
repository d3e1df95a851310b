/** The join page's worker: the whole edge session, training included, so that the page never stutters. */
import '../../shared/strict-policy.ts';
import { systemClock } from '../../shared/clock.ts';
import { MurmurError, toMurmurError, type ErrorBody } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { setBackendFiles } from '../../shared/model/backends.ts';
import { createRandom } from '../../shared/random.ts';
import { randomBytes } from '#platform/crypto';
import { openFilesSource } from '../datasets/browser/files-source.ts';
import type { DatasetSource } from '../datasets/dataset-source.ts';
import { createEdgeSession } from '../edge/edge-session.ts';
import { createHttpCheckpoints } from '../edge/http-checkpoints.ts';
import type { EdgeSession } from '../edge/session-options.ts';
import { connectSocketLink } from '../edge/socket-link.ts';
import { chooseBackend, type BackendChoice, type BackendTry } from '../training/choose-backend.ts';
import { createTaskTrainers } from '../training/task-backends.ts';
import { openEdgeStorage, type EdgeStorage } from './edge-storage.ts';
import { claimIdentitySlot, type IdentitySlot } from './identity-slot.ts';
import { createPageConditions } from './page-conditions.ts';
import type { DataChoice, DemoData, PageToWorker, StartOptions, WorkerToPage } from './worker-messages.ts';

interface WorkerScope {
  postMessage(message: WorkerToPage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<PageToWorker>) => void): void;
  readonly location: { readonly href: string };
}
const scope = globalThis as unknown as WorkerScope;
const tell = (message: WorkerToPage): void => scope.postMessage(message);

const conditions = createPageConditions(tell, systemClock);

/** Warnings of the session are worth a line on the page; the rest is for the console. */
const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_, message) => tell({ type: 'note', text: message }),
  error: (_, message) => tell({ type: 'note', text: message }),
};

/** Unlike on the wire, the owner of this device sees internal errors as they are. */
function errorBody(thrown: unknown): ErrorBody {
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
async function loadData(options: StartOptions): Promise<ReadonlyMap<string, DatasetSource>> {
  const source = await openData(options.data);
  const sources = new Map<string, DatasetSource>();
  for (const spec of options.tasks) {
    const dataset = await source.load(spec.data);
    const contract = JSON.stringify(spec.data);
    sources.set(spec.name, {
      name: source.name,
      load: (asked) => (JSON.stringify(asked) === contract ? Promise.resolve(dataset) : source.load(asked)),
    });
    tell({ type: 'data', task: spec.name, source: dataset.source, examples: dataset.train.size, heldBack: dataset.validation?.size ?? 0 });
  }
  return sources;
}

function speedOf({ backend, stepsPerSecond, error }: BackendTry): string {
  if (stepsPerSecond === null) return `${backend}: not usable here (${error ?? 'no reason given'})`;
  return `${backend}: ${stepsPerSecond < 10 ? stepsPerSecond.toFixed(1) : Math.round(stepsPerSecond)} steps a second`;
}

async function pickBackend(options: StartOptions, storage: EdgeStorage): Promise<BackendChoice> {
  setBackendFiles(new URL('./', scope.location.href).href);
  const cached = await storage.backend(options.backend);
  if (cached === null) tell({ type: 'preparing', text: 'Measuring how fast this device computes' });
  const choice = await chooseBackend({
    ...(options.backend === null ? {} : { force: options.backend }),
    ...(cached === null ? {} : { cached }),
    onProgress: (tried) => tell({ type: 'note', text: speedOf(tried) }),
  });
  await storage.keepBackend(options.backend, choice);
  tell({ type: 'backend', backend: choice.backend, stepsPerSecond: choice.stepsPerSecond });
  return choice;
}

function openSession(options: StartOptions, parts: { storage: EdgeStorage; slot: IdentitySlot; sources: ReadonlyMap<string, DatasetSource>; choice: BackendChoice }, identity: Awaited<ReturnType<EdgeStorage['identity']>>): EdgeSession {
  const { storage, slot, sources, choice } = parts;
  const notAgreed = new Set<string>();
  return createEdgeSession({
    connect: (signal) => connectSocketLink(options.url, signal),
    identity,
    name: options.name,
    ...(options.enrolmentToken === null ? {} : { enrolmentToken: options.enrolmentToken }),
    checkpoints: createHttpCheckpoints(options.url),
    conditions,
    capabilities: () => Promise.resolve({ platform: 'browser', backend: choice.backend, stepsPerSecond: choice.stepsPerSecond }),
    datasetFor(task) {
      const source = sources.get(task);
      if (source === undefined && !notAgreed.has(task)) {
        notAgreed.add(task);
        tell({ type: 'not-agreed', task });
      }
      return source ?? null;
    },
    shareLabels: options.shareLabels,
    createTrainer: createTaskTrainers({
      choice, forced: options.backend !== null, memory: storage.taskBackends(),
      onMeasured: (task, backend, tried) => tell({ type: 'note', text: `${task} trains on ${backend}: ${tried.map(speedOf).join(', ')}` }),
    }),
    state: storage.stateOf(slot.slot),
    clock: systemClock,
    random: createRandom(new DataView(randomBytes(4).buffer).getInt32(0)),
    logger,
    onEvent: (event) => tell({ type: 'event', event }),
  });
}

let session: EdgeSession | null = null;
let leaving = false;

async function run(options: StartOptions): Promise<void> {
  const storage = await openEdgeStorage();
  const slot = await claimIdentitySlot();
  try {
    if (!storage.lasting) tell({ type: 'note', text: 'This browser keeps nothing for this page: the edge is forgotten with the tab.' });
    tell({ type: 'preparing', text: 'Reading the examples' });
    const sources = await loadData(options);
    const choice = await pickBackend(options, storage);
    if (leaving) return;
    tell({ type: 'preparing', text: 'Calling the coordinator' });
    session = openSession(options, { storage, slot, sources, choice }, await storage.identity(slot.slot));
    await session.start();
    await session.finished;
  } finally {
    slot.release();
    storage.close();
  }
}

async function leave(): Promise<void> {
  leaving = true;
  await session?.stop();
}

scope.addEventListener('message', ({ data: message }) => {
  switch (message.type) {
    case 'start':
      run(message.options).then(
        () => tell({ type: 'left' }),
        (thrown: unknown) => tell(leaving ? { type: 'left' } : { type: 'failed', error: errorBody(thrown) }),
      );
      return;
    case 'conditions':
      conditions.answer(message.id, message.conditions);
      return;
    case 'leave':
      leave().catch((thrown: unknown) => tell({ type: 'failed', error: errorBody(thrown) }));
      return;
  }
});

// What goes wrong outside any promise that is waited for must not go unseen.
globalThis.addEventListener('unhandledrejection', (event) => tell({ type: 'note', text: errorBody((event).reason).message }));
