import { selectionOnPhones } from './selection-on-phones.ts';

/** Lai et al. 2021, who ask 1.3 K edges, too. */
export const selectionOort = selectionOnPhones({
  name: 'selection-oort',
  description: 'Oort, 13 edges asked (Lai et al. 2021)',
  selection: { sampler: { name: 'oort' } },
  overSelection: 1.3,
});
