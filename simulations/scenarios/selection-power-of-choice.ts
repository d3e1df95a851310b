import { selectionOnPhones } from './selection-on-phones.ts';

/** Cho, Wang and Joshi 2020: of d = 2 m candidates the m with the highest loss, all of whom are waited for. */
export const selectionPowerOfChoice = selectionOnPhones({
  name: 'selection-power-of-choice',
  description: 'Power of choice, the 10 of 20 with the highest last loss asked (Cho et al. 2020, rpow-d)',
  selection: { scores: [{ name: 'powerOfChoice', among: 20 }], sampler: { name: 'topK', explore: 0 } },
  overSelection: 1,
});
