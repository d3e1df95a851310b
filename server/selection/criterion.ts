/** One file a criterion; `criteria.ts` lists them. */
import type { Criteria } from '../../shared/task/task-spec.ts';
import type { Candidate } from './candidate.ts';

export interface Criterion<Name extends keyof Criteria = keyof Criteria> {
  readonly name: Name;
  /** What fails, with the value and the threshold; null where the edge meets it. */
  check(candidate: Candidate, setting: NonNullable<Criteria[Name]>): string | null;
}

/** The policy decides what `unknown` means: allowed in silence, or a reason to refuse. */
export function onUnknown(policy: 'allow' | 'deny', what: string): string | null {
  return policy === 'allow' ? null : `${what} is unknown, which the task does not allow`;
}
