/** A target as one says it: 97 %, 97.5 %. */
export const shortPercent = (fraction: number): string => `${Number((100 * fraction).toFixed(2))}\u00a0%`;
