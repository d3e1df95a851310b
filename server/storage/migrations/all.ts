/** Every migration in order; a new one is a file beside this and a line here. What was released is never changed. */
import { initial } from './001-initial.ts';
import { selection } from './002-selection.ts';
import { origin } from './003-origin.ts';
import { evaluation } from './004-evaluation.ts';
import { labels } from './005-labels.ts';
import { findings } from './006-findings.ts';
import { adopted } from './007-adopted.ts';
import type { Migration } from './migrate.ts';

export const migrations: readonly Migration[] = [initial, selection, origin, evaluation, labels, findings, adopted];
