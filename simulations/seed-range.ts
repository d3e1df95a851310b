/** Seeds as people write them: `7`, or `0..9999`, both included. */

export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

/** Null where the text is none. A range may run backwards: whoever asked says so in his own words. */
export function readSeedRange(text: string): SeedRange | null {
  const match = /^(\d{1,15})(?:\.\.(\d{1,15}))?$/.exec(text.trim());
  return match && { from: Number(match[1]), to: Number(match[2] ?? match[1]) };
}
