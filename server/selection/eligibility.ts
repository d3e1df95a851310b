/** Which edges may take part: every criterion that the task sets, and what always holds. */
import type { Criteria, TaskSpec } from '../../shared/task/task-spec.ts';
import type { Candidate, Verdict } from './candidate.ts';
import type { Criterion } from './criterion.ts';
import { battery } from './criteria/battery.ts';
import { charging } from './criteria/charging.ts';
import { examples } from './criteria/examples.ts';
import { metered } from './criteria/metered.ts';
import { network } from './criteria/network.ts';

interface BoundCriterion {
  readonly name: keyof Criteria;
  check(candidate: Candidate, criteria: Criteria): string | null;
}

/** Ties a criterion to its key of the TaskSpec; one that the task does not set is met. */
function bind<Name extends keyof Criteria>({ name, check }: Criterion<Name>): BoundCriterion {
  return {
    name,
    check(candidate, criteria) {
      const setting = criteria[name];
      return setting === undefined ? null : check(candidate, setting);
    },
  };
}

/** A new criterion is one file, one entry here, and one key in the TaskSpec. */
const CRITERIA: readonly BoundCriterion[] = [bind(battery), bind(charging), bind(network), bind(metered), bind(examples)];

/** The first criterion that the edge does not meet, or null: it is eligible. */
export function checkEligibility(candidate: Candidate, selection: TaskSpec['selection'], now: number): Verdict {
  if (candidate.busy) return { criterion: 'busy', reason: 'works on another assignment' };
  if (candidate.examples === 0) return { criterion: 'examples', reason: 'holds no examples for this task' };
  const age = (now - candidate.checkedInAt) / 1000;
  if (age > selection.conditionsMaxAgeSeconds) {
    return { criterion: 'stale', reason: `its conditions are ${Math.round(age)} s old, at most ${selection.conditionsMaxAgeSeconds} s are allowed` };
  }
  for (const criterion of CRITERIA) {
    const reason = criterion.check(candidate, selection.criteria);
    if (reason !== null) return { criterion: criterion.name, reason };
  }
  return null;
}
