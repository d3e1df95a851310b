/** Every way of merging, by name. A new one is one file and one line here. */
import type { Monoid } from '../statistic.ts';
import { comoments } from './comoments.ts';
import { max } from './max.ts';
import { min } from './min.ts';
import { moments } from './moments.ts';
import type { MonoidOperations } from './monoid.ts';
import { sum } from './sum.ts';
import { weightedMean } from './weighted-mean.ts';

export const MONOIDS: Readonly<Record<Monoid, MonoidOperations>> = {
  sum,
  'weighted-mean': weightedMean,
  min,
  max,
  moments,
  comoments,
};
