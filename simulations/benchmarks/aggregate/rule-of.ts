/** A rule by its name, told how many of a case's reports may be wrong. */
import { AggregationSpec, findRule, readsReports } from '../../../shared/aggregation/registry.ts';
import { MurmurError } from '../../../shared/errors.ts';

/** How many of the reports a rule is told that may be wrong, of a hundred. */
const ATTACKERS = 0.1;

/** With what else a rule has to be told. @throws bad_usage */
export function ruleOf(name: string, reports: number): AggregationSpec {
  const attackers = Math.floor(ATTACKERS * reports);
  const parsed = AggregationSpec.safeParse({ rule: name, attackers });
  const rule = parsed.success && readsReports({ aggregation: parsed.data }) ? findRule(parsed.data) : null;
  if (!parsed.success || rule === null) throw new MurmurError('bad_usage', `${JSON.stringify(name)} is no rule that must see all reports: median, trimmed-mean, krum, multi-krum, bulyan, geometric-median, norm-bound and centered-clipping are`);
  if (reports < rule.bound(parsed.data).reports) throw new MurmurError('bad_usage', `${reports} reports are too few for ${name}`);
  return parsed.data;
}
