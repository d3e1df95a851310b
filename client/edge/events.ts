/** What an edge tells its owner while it works: the page and the agent's terminal show it. */
import type { AssignmentId, EdgeId, TaskId } from '../../shared/ids.ts';
import type { Evaluation } from '../../shared/model/trainer.ts';
import type { ReportOutcome } from '../../shared/protocol/messages.ts';
import type { Conditions } from '../../shared/task/conditions.ts';
import type { ErrorBody } from '../../shared/errors.ts';

export type EdgeEvent =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'connected'; readonly edge: EdgeId }
  | { readonly type: 'disconnected'; readonly reason: string; readonly retryInMs: number | null }
  | { readonly type: 'checked-in'; readonly conditions: Conditions; readonly examples: Readonly<Record<string, number>>; readonly comeBackAfterMs: number }
  | { readonly type: 'assigned'; readonly task: TaskId; readonly round: number; readonly assignment: AssignmentId }
  | { readonly type: 'declined'; readonly task: TaskId; readonly reason: string }
  | { readonly type: 'downloading'; readonly bytes: number }
  | { readonly type: 'evaluated'; readonly task: TaskId; readonly round: number; readonly version: number; readonly shared: Evaluation; readonly personal: Evaluation | null }
  | { readonly type: 'training'; readonly task: TaskId; readonly round: number; readonly step: number; readonly steps: number; readonly loss: number | null }
  | { readonly type: 'reporting'; readonly task: TaskId; readonly round: number; readonly bytes: number }
  | { readonly type: 'reported'; readonly task: TaskId; readonly round: number; readonly outcome: ReportOutcome; readonly loss: number | null }
  | { readonly type: 'released'; readonly task: TaskId; readonly round: number; readonly reason: string }
  | { readonly type: 'version'; readonly task: TaskId; readonly version: number; readonly round: number }
  | { readonly type: 'error'; readonly error: ErrorBody }
  | { readonly type: 'left' };
