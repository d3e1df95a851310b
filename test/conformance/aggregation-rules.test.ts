import { aggregationRuleConformance } from './aggregation-rule.ts';

aggregationRuleConformance('mean', { settings: () => ({ rule: 'mean' }), robust: false, within: Infinity });
aggregationRuleConformance('median', { settings: (attackers) => ({ rule: 'median', attackers }), robust: true, within: 1 });
aggregationRuleConformance('trimmed-mean', { settings: (attackers) => ({ rule: 'trimmed-mean', attackers }), robust: true, within: 1 });
aggregationRuleConformance('krum', { settings: (attackers) => ({ rule: 'krum', attackers }), robust: true, within: 1 });
aggregationRuleConformance('multi-krum', { settings: (attackers) => ({ rule: 'multi-krum', attackers, keep: null }), robust: true, within: 1 });
aggregationRuleConformance('bulyan', { settings: (attackers) => ({ rule: 'bulyan', attackers }), robust: true, within: 1 });
// What these three hold to is a bound in the radius of the honest reports, or in their norm.
aggregationRuleConformance('geometric-median', { settings: (attackers) => ({ rule: 'geometric-median', attackers, iterations: 20, smoothing: 1e-6 }), robust: true, within: 8 });
aggregationRuleConformance('norm-bound', { settings: (attackers) => ({ rule: 'norm-bound', attackers, norm: 'auto' }), robust: true, within: 7 });
aggregationRuleConformance('centered-clipping', { settings: (attackers) => ({ rule: 'centered-clipping', attackers, radius: 'auto', iterations: 3 }), robust: true, within: 7 });
