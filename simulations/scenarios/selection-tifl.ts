import { selectionOnPhones } from './selection-on-phones.ts';

/**
 * Chai et al. 2020: five tiers by speed, the adaptive policy, all of a round from one tier, all of whom are waited for. Credits keep
 * the slow tiers from taking the time; the paper does not say how many it gives: here each tier has half as many as the next faster one.
 */
export const selectionTifl = selectionOnPhones({
  name: 'selection-tifl',
  description: 'TiFL, five tiers by speed, adaptive, 10 edges of one tier asked (Chai et al. 2020)',
  selection: { sampler: { name: 'tiered', tiers: 5, credits: [16, 8, 4, 2, 1] } },
  overSelection: 1,
});
