/** Least rest since the edge last reported to this task: by the clock, by rounds that pass without it, or both. */
import { z } from 'zod';
import { defineCriterion } from '../criterion.ts';

export const rest = defineCriterion({
  name: 'rest',
  settings: z
    .strictObject({ seconds: z.number().positive().optional(), rounds: z.int().positive().optional() })
    .refine(({ seconds, rounds }) => seconds !== undefined || rounds !== undefined, 'seconds or rounds, or both'),
  subject: null,
  changesWithTime: true,
  check({ edge }, { seconds, rounds }, { now, round, trackOf }) {
    const track = trackOf(edge);
    if (track === undefined || track.lastReportedAt === null || track.lastReportedRound === null) return null;
    if (seconds !== undefined && now - track.lastReportedAt < seconds * 1000) return `${Math.floor((now - track.lastReportedAt) / 1000)} s`;
    const between = round - track.lastReportedRound - 1;
    return rounds !== undefined && between < rounds ? `${Math.max(0, between)} rounds` : null;
  },
  threshold: (settings) => asked(settings, ' and '),
  sentence: (value, settings) => `rested for ${value} since its last report, at least ${asked(settings, ' and ')} asked`,
  wish: (settings) => `it has rested for ${asked(settings, ' and ')}`,
});

function asked({ seconds, rounds }: { readonly seconds?: number | undefined; readonly rounds?: number | undefined }, and: string): string {
  return [...(seconds === undefined ? [] : [`${seconds} s`]), ...(rounds === undefined ? [] : [`${rounds} ${rounds === 1 ? 'round' : 'rounds'}`])].join(and);
}
