/** What the evaluator and its worker say to each other. */
import type { ErrorCode } from '../../shared/errors.ts';
import type { TaskId } from '../../shared/ids.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { Evaluation } from '../../shared/model/trainer.ts';
import type { ModelTask } from '../../shared/task/task-spec.ts';
import type { ModelDescription } from './evaluator.ts';

export interface WorkerRequests {
  describe: { request: { readonly spec: ModelTask }; reply: ModelDescription };
  examples: { request: { readonly task: TaskId; readonly examples: Examples | null }; reply: null };
  evaluate: { request: { readonly task: TaskId; readonly spec: ModelTask; readonly values: Float32Array }; reply: Evaluation };
}
export type RequestType = keyof WorkerRequests;

export type WorkerRequest = { [Type in RequestType]: { readonly id: number; readonly type: Type; readonly payload: WorkerRequests[Type]['request'] } }[RequestType];

export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly result: WorkerRequests[RequestType]['reply'] }
  | { readonly id: number; readonly ok: false; readonly error: { readonly code: ErrorCode; readonly message: string; readonly details?: unknown } };
