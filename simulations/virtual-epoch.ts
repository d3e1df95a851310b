/** Virtual time, milliseconds, at which every simulation and every fault run begins: instants must not look like durations. */
export const EPOCH_MS = 1_000_000_000;
