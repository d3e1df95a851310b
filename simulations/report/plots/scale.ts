/** From values to pixels, and the round numbers that an axis is marked with. */

export type Domain = readonly [least: number, most: number];
export type Scale = (value: number) => number;

/** The middle of `range` for a domain of one point. */
export function linearScale([least, most]: Domain, [from, to]: Domain): Scale {
  return most === least ? () => (from + to) / 2 : (value) => from + ((value - least) / (most - least)) * (to - from);
}

/** 1, 2 or 5 times a power of ten, so that about `count` steps cover the span. */
function niceStep(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return digit * power;
}

/** Round numbers within the domain, in order. */
export function niceTicks([least, most]: Domain, count: number): readonly number[] {
  if (!(most > least)) return [least];
  const step = niceStep(most - least, count);
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  // Each by itself: a sum of steps would gather errors such as 0.30000000000000004.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The domain, wide enough to begin and end with a round number. */
export function niceDomain([least, most]: Domain, count: number): Domain {
  if (!(most > least)) return [least, least + 1];
  const step = niceStep(most - least, count);
  return [Number((Math.floor(least / step + 1e-9) * step).toPrecision(12)), Number((Math.ceil(most / step - 1e-9) * step).toPrecision(12))];
}

export function extentOf(values: readonly number[]): Domain {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return values.length === 0 ? [0, 1] : [least, most];
}
