/** Named moments of a round: fault tests kill the coordinator at each of them, logs can follow them. */
export const ROUND_POINTS = [
  'round-begun',
  'selection-drawn',
  'assignments-stored',
  'assignments-offered',
  'report-checked',
  'report-journaled',
  'report-merged',
  'closing-stored',
  'update-computed',
  'checkpoint-stored',
  'commit-stored',
  'journal-ended',
] as const;
export type RoundPoint = (typeof ROUND_POINTS)[number];
export type OnPoint = (point: RoundPoint, task: string, round: number) => void;
