import { selectionOnPhones } from './selection-on-phones.ts';

/** What the others are measured by: chance, and three in ten more than are needed, so that nobody waits for the very last (Bonawitz et al. 2019). */
export const selectionUniform = selectionOnPhones({
  name: 'selection-uniform',
  description: 'Uniform selection, 13 edges asked (Bonawitz et al. 2019)',
  selection: { sampler: { name: 'uniform' } },
  overSelection: 1.3,
});
