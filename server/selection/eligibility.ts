/** Which edges may take part: every criterion that the task sets, and what always holds. */
import type { Candidate, SelectionContext } from '../../shared/selection/candidate.ts';
import { UNKNOWN, type Criterion, type FactValue } from '../../shared/selection/criterion.ts';
import { CRITERIA } from '../../shared/selection/criteria/registry.ts';
import type { SelectionPolicy } from '../../shared/task/selection-policy.ts';
import type { Verdict } from './decision.ts';

interface BoundCriterion {
  readonly criterion: Criterion;
  readonly settings: unknown;
  readonly unknown: 'allow' | 'deny' | 'penalise';
  readonly penalty: number;
}

/** The product of an edge's penalties, and each in words; null where it has none. */
export interface Penalties {
  readonly factor: number;
  readonly names: readonly string[];
}

export interface Eligibility {
  /** The first criterion that the edge does not meet, or null: it is eligible. Called at every check-in. */
  check(candidate: Candidate, context: SelectionContext): Verdict;
  /** Of an eligible edge; null, too, where the policy penalises nothing. */
  penaltiesOf(candidate: Candidate, context: SelectionContext): Penalties | null;
  /** An edge can become eligible, or cease to be, without a check-in. */
  readonly changesWithTime: boolean;
}

/** Binds each criterion that the policy sets to its settings, once for the task. */
export function createEligibility({ criteria, conditionsMaxAgeSeconds }: Pick<SelectionPolicy, 'criteria' | 'conditionsMaxAgeSeconds'>): Eligibility {
  const settingOf = criteria as Readonly<Record<string, unknown>>;
  const bound = CRITERIA.flatMap((criterion): BoundCriterion[] => {
    const settings = settingOf[criterion.name];
    // Criteria that are always known have no say of `unknown`.
    return settings === undefined ? [] : [{ criterion, settings, ...{ unknown: 'deny' as const, penalty: 1 }, ...(settings as object) }];
  });
  const penalising = bound.filter(({ unknown }) => unknown === 'penalise');
  const oldest = conditionsMaxAgeSeconds * 1000;

  return {
    changesWithTime: bound.some(({ criterion }) => criterion.changesWithTime === true),
    check(candidate, context) {
      if (candidate.busy) return always('busy', true, false, () => 'works on another assignment');
      if (candidate.examples === 0) return always('examples', 0, 1, () => 'holds no examples for this task');
      const age = context.now - candidate.checkedInAt;
      if (age > oldest) {
        return always('stale', Math.round(age / 1000), conditionsMaxAgeSeconds, () => `its conditions are ${Math.round(age / 1000)} s old, at most ${conditionsMaxAgeSeconds} s are allowed`);
      }
      for (const one of bound) {
        const value = one.criterion.check(candidate, one.settings, context);
        if (value === null || (value === UNKNOWN && one.unknown !== 'deny')) continue;
        return failed(one, value);
      }
      return null;
    },
    penaltiesOf(candidate, context) {
      if (penalising.length === 0) return null;
      let factor = 1;
      const names: string[] = [];
      for (const { criterion, settings, penalty } of penalising) {
        if (criterion.check(candidate, settings, context) !== UNKNOWN) continue;
        factor *= penalty;
        names.push(`${criterion.name} ×${penalty}`);
      }
      return names.length === 0 ? null : { factor, names };
    },
  };
}

function always(criterion: string, value: FactValue, threshold: FactValue, sentence: () => string): Verdict {
  return { criterion, value, threshold, get reason() { return sentence(); } };
}

function failed({ criterion, settings }: BoundCriterion, value: FactValue): Verdict {
  return {
    criterion: criterion.name,
    value,
    get threshold() {
      return criterion.threshold(settings);
    },
    get reason() {
      return value === UNKNOWN ? `${criterion.subject} is unknown, which the task does not allow` : criterion.sentence(value, settings);
    },
  };
}
