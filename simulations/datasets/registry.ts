export const DATASET_NAMES = ['mnist'] as const;
