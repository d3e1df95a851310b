/** What selection knows of an edge, and how its decisions look. */
import type { EdgeId } from '../../shared/ids.ts';
import type { Capabilities, Conditions } from '../../shared/task/conditions.ts';

export interface Candidate {
  readonly edge: EdgeId;
  readonly conditions: Conditions;
  /** When it checked in with them, by the coordinator's clock. */
  readonly checkedInAt: number;
  readonly capabilities: Capabilities;
  /** Training examples that it holds for the task. */
  readonly examples: number;
  /** It works for another task or round just now. */
  readonly busy: boolean;
}

/** null: the criterion is met; otherwise what failed, with the value and the threshold. */
export type Verdict = null | { readonly criterion: string; readonly reason: string };

export interface Decision {
  readonly edge: EdgeId;
  readonly status: 'chosen' | 'not-drawn' | 'rejected';
  /** The criterion that failed, for counting; `drawn` and `not-drawn` otherwise. */
  readonly criterion: string;
  readonly reason: string;
  readonly examples: number;
}
