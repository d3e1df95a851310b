import { aggregationRuleConformance } from './aggregation-rule.ts';

aggregationRuleConformance('mean', { settings: () => ({ rule: 'mean' }), robust: false, within: Infinity });
aggregationRuleConformance('median', { settings: (attackers) => ({ rule: 'median', attackers }), robust: true, within: 1 });
aggregationRuleConformance('trimmed-mean', { settings: (attackers) => ({ rule: 'trimmed-mean', attackers }), robust: true, within: 1 });
