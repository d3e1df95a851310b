/** The reference model's parameters and batch: what `stepsPerSecond` counts. */
export const REFERENCE_WORK = 199_210 * 10;
