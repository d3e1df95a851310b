/** `murmuration/server`: a coordinator as a library. */
export { startServer, type RunningServer, type ServerOptions } from './start-server.ts';
export type { Coordinator, CoordinatorListener } from './coordinator/coordinator.ts';
export type { LiveEdge, LiveRound, LiveState, LiveTask } from '../shared/protocol/live-view.ts';
export type { ParticipationRecord, RoundRecord, Store, TaskRecord, VersionRecord } from './storage/store.ts';
export type { TaskSpec, TaskSpecInput } from '../shared/task/task-spec.ts';
export { MurmurError, ERROR_CODES, type ErrorCode } from '../shared/errors.ts';
