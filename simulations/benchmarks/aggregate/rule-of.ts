/** A rule by its name, told how many of a case's reports may be wrong. */
import { AggregationSpec, findRule, readsReports, RULES } from '../../../shared/aggregation/registry.ts';
import { MurmurError } from '../../../shared/errors.ts';

/** How many of the reports a rule is told that may be wrong, of a hundred. */
const ATTACKERS = 0.1;

function specOf(rule: string, attackers: number): AggregationSpec | null {
  const parsed = AggregationSpec.safeParse({ rule, attackers });
  return parsed.success && readsReports({ aggregation: parsed.data }) ? parsed.data : null;
}

/** Those that must see all reports. */
export const RULE_NAMES: readonly string[] = RULES.map(({ name }) => name).filter((name) => specOf(name, 1) !== null);

/** With what else a rule has to be told. @throws bad_usage */
export function ruleOf(name: string, reports: number): AggregationSpec {
  const spec = specOf(name, Math.floor(ATTACKERS * reports));
  if (spec === null) throw new MurmurError('bad_usage', `${JSON.stringify(name)} is no rule that must see all reports; those are ${RULE_NAMES.join(', ')}`);
  if (reports < findRule(spec).bound(spec).reports) throw new MurmurError('bad_usage', `${reports} reports are too few for ${name}`);
  return spec;
}
