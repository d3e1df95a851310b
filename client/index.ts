/** `murmuration/client` in Node: an agent as a library. The browser build is `index-browser.ts`. */
export { startAgent, type AgentOptions, type RunningAgent } from './node/agent.ts';
export { largestNormOf } from '../shared/aggregation/registry.ts';
export { createEdgeAggregator, type EdgeAggregator, type EdgeAggregatorOptions, type ForwardResult } from './edge/edge-aggregator.ts';
export { statisticSchemaFor } from '../shared/algorithms/statistic-schema.ts';
export { openDatasetSource } from './datasets/node/open-source.ts';
export { csvDataset } from './datasets/csv-dataset.ts';
export type { DatasetSource } from './datasets/dataset-source.ts';
export type { EdgeEvent } from './edge/events.ts';
export type { Dataset, Examples } from '../shared/model/examples.ts';
export type { TaskSpec } from '../shared/task/task-spec.ts';
export { MurmurError, ERROR_CODES, type ErrorCode } from '../shared/errors.ts';
