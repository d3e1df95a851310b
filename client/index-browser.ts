/**
 * `murmuration/client` in a browser: an edge of one's own, in a page or a worker.
 *
 *     const storage = await openEdgeStorage();
 *     const choice = await chooseBackend();
 *     const session = createEdgeSession({
 *       connect: (signal) => connectSocketLink(url, signal),
 *       checkpoints: createHttpCheckpoints(url),
 *       identity: await storage.identity(0),
 *       state: storage.stateOf(0),
 *       name: 'my page',
 *       conditions: createBrowserConditionsReader(),
 *       capabilities: async () => ({ platform: 'browser', backend: choice.backend, stepsPerSecond: choice.stepsPerSecond }),
 *       datasetFor: () => openFilesSource(pickedFiles(input.files)),
 *       createTrainer: createTaskTrainers({ choice, forced: false, memory: storage.taskBackends() }),
 *       clock: systemClock, random: createRandom(1), logger: silentLogger,
 *     });
 *     await session.start();
 */
export { systemClock, type Clock } from '../shared/clock.ts';
export { MurmurError, type ErrorBody, type ErrorCode } from '../shared/errors.ts';
export { silentLogger, type Logger } from '../shared/logger.ts';
export { availableBackends, setBackendFiles } from '../shared/model/backends.ts';
export type { Dataset, Examples } from '../shared/model/examples.ts';
export type { Trainer } from '../shared/model/trainer.ts';
export { createRandom, type RandomSource } from '../shared/random.ts';
export { UNKNOWN_CONDITIONS, type BackendName, type Capabilities, type Conditions } from '../shared/task/conditions.ts';
export type { DataContract } from '../shared/task/data-contract.ts';
export type { TaskSpec } from '../shared/task/task-spec.ts';
export { droppedFiles, pickedFiles, type DroppedFile } from './datasets/browser/dropped-files.ts';
export { openFilesSource, type FilesSourceOptions } from './datasets/browser/files-source.ts';
export type { DatasetSource } from './datasets/dataset-source.ts';
export { createBrowserConditionsReader } from './device/conditions-browser.ts';
export type { ConditionsReader } from './device/conditions-reader.ts';
export type { CheckpointSource } from './edge/checkpoints.ts';
export { createEdgeSession } from './edge/edge-session.ts';
export type { EdgeStateStore, KeptState } from './edge/edge-state-store.ts';
export type { EdgeEvent } from './edge/events.ts';
export { createHttpCheckpoints } from './edge/http-checkpoints.ts';
export type { EdgeIdentity, EdgeSession, EdgeSessionOptions, TrainerFactory } from './edge/session-options.ts';
export { connectSocketLink } from './edge/socket-link.ts';
export { chooseBackend, type BackendChoice } from './training/choose-backend.ts';
export { createLocalTrainer } from './training/local-trainer.ts';
export { createTaskTrainers, type TaskBackendMemory, type TaskBackendsOptions } from './training/task-backends.ts';
export { openEdgeStorage, type EdgeStorage } from './browser/edge-storage.ts';
export { claimIdentitySlot, type IdentitySlot } from './browser/identity-slot.ts';
