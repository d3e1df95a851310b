/** Every score, by name. A new one is one file and one line here. */
import type { z } from 'zod';
import { oneOf } from '../one-of.ts';
import type { Score } from '../score.ts';
import { fairness } from './fairness.ts';
import { powerOfChoice } from './power-of-choice.ts';
import { quantity } from './quantity.ts';
import { reliability } from './reliability.ts';
import { roundTime } from './round-time.ts';
import { statistical } from './statistical-utility.ts';

const ALL = [
  quantity,
  roundTime,
  reliability,
  statistical,
  powerOfChoice,
  fairness,
] as const;

export const SCORES: readonly Score[] = ALL;

/** One of `selection.scores`: a score with its weight and its own settings. */
export const ScoreSetting = oneOf('score', ALL);
export type ScoreSetting = z.infer<typeof ScoreSetting>;

const byName = new Map(SCORES.map((score) => [score.name, score]));

/** The schema has let no other names in. */
export const findScore = ({ name }: ScoreSetting): Score => byName.get(name) as Score;
