/** The join page's worker: the whole edge session, training included, so that the page never stutters. */
import '../../shared/strict-policy.ts';
import { systemClock } from '../../shared/clock.ts';
import { createRandom } from '../../shared/random.ts';
import { randomBytes } from '#platform/crypto';
import { encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import type { DatasetSource } from '../datasets/dataset-source.ts';
import { createEdgeSession } from '../edge/edge-session.ts';
import { createHttpCheckpoints } from '../edge/http-checkpoints.ts';
import type { EdgeSession } from '../edge/session-options.ts';
import { connectSocketLink } from '../edge/socket-link.ts';
import type { BackendChoice } from '../training/choose-backend.ts';
import { createTaskTrainers } from '../training/task-backends.ts';
import { openEdgeStorage, type EdgeStorage } from './edge-storage.ts';
import { claimIdentitySlot, type IdentitySlot } from './identity-slot.ts';
import { createPageConditions } from './page-conditions.ts';
import type { GossipStartOptions, PageToWorker, StartOptions, WorkerToPage } from './worker-messages.ts';
import { createPageLogger, errorBody, loadData, pickBackend, speedOf } from './worker-house.ts';
import type { GossipSession } from './gossip-session.ts';

interface WorkerScope {
  postMessage(message: WorkerToPage, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<PageToWorker>) => void): void;
  readonly location: { readonly href: string };
}
const scope = globalThis as unknown as WorkerScope;
const tell = (message: WorkerToPage, transfer: Transferable[] = []): void => scope.postMessage(message, transfer);

const conditions = createPageConditions(tell, systemClock);

const logger = createPageLogger(tell);

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
let gossip: GossipSession | null = null;
let leaving = false;

/** What a session of either mode begins with; given back when `work` ends, however it does. */
async function prepared(work: (storage: EdgeStorage, slot: IdentitySlot) => Promise<void>): Promise<void> {
  const storage = await openEdgeStorage();
  const slot = await claimIdentitySlot();
  try {
    if (!storage.lasting) tell({ type: 'note', text: 'This browser keeps nothing for this page: the edge is forgotten with the tab.' });
    tell({ type: 'preparing', text: 'Reading the examples' });
    await work(storage, slot);
  } finally {
    slot.release();
    storage.close();
  }
}

const run = (options: StartOptions): Promise<void> =>
  prepared(async (storage, slot) => {
    const sources = await loadData(options.data, options.tasks, tell);
    const choice = await pickBackend(options, storage, scope.location.href, tell);
    if (leaving) return;
    tell({ type: 'preparing', text: 'Calling the coordinator' });
    session = openSession(options, { storage, slot, sources, choice }, await storage.identity(slot.slot));
    await session.start();
    await session.finished;
  });

const runGossip = (options: GossipStartOptions): Promise<void> =>
  prepared(async (storage, slot) => {
    const sources = await loadData(options.data, [options.task], tell);
    const choice = await pickBackend(options, storage, scope.location.href, tell);
    // Loaded here, so that a session of rounds does not fetch what it has no use for.
    const { startGossipSession } = await import('./gossip-session.ts');
    if (leaving) return;
    tell({ type: 'preparing', text: 'Asking to be introduced to peers' });
    gossip = await startGossipSession({ options, storage, source: sources.get(options.task.name) ?? null, choice, identity: await storage.identity(slot.slot), tell, logger });
    await gossip.finished;
  });

async function leave(): Promise<void> {
  leaving = true;
  await session?.stop();
  await gossip?.stop();
}

async function exportModel(): Promise<void> {
  if (gossip !== null) return gossip.exportModel();
  const own = (await session?.ownModel()) ?? null;
  if (own === null) return tell({ type: 'note', text: 'There is no model yet: it comes with the first round that this edge takes part in.' });
  const bytes = Uint8Array.from(encodeCheckpoint(own.parameters, { task: own.task, version: String(own.version), personal: String(own.personal) }));
  tell({ type: 'model', task: own.task, round: own.version, bytes }, [bytes.buffer]);
}

function started(running: Promise<void>): void {
  running.then(
    () => tell({ type: 'left' }),
    (thrown: unknown) => tell(leaving ? { type: 'left' } : { type: 'failed', error: errorBody(thrown) }),
  );
}

scope.addEventListener('message', ({ data: message }) => {
  switch (message.type) {
    case 'start':
      return started(run(message.options));
    case 'start-gossip':
      return started(runGossip(message.options));
    case 'export':
      exportModel().catch((thrown: unknown) => tell({ type: 'note', text: errorBody(thrown).message }));
      return;
    case 'conditions':
      return conditions.answer(message.id, message.conditions);
    case 'leave':
      leave().catch((thrown: unknown) => tell({ type: 'failed', error: errorBody(thrown) }));
      return;
  }
});

// What goes wrong outside any promise that is waited for must not go unseen.
globalThis.addEventListener('unhandledrejection', (event) => tell({ type: 'note', text: errorBody((event).reason).message }));
