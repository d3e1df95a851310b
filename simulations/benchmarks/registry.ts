/** Every benchmark. A new one is one folder and one line here. */
import type { Benchmark } from './benchmark.ts';
import { aggregateBenchmark } from './aggregate/aggregate-bench.ts';
import { connectBenchmark } from './connect/connect-bench.ts';
import { gossipBenchmark } from './gossip/gossip-bench.ts';
import { roundBenchmark } from './round/round-bench.ts';
import { simulateBenchmark } from './simulate/simulate-bench.ts';
import { trainBenchmark } from './train/train-bench.ts';
import { wireBenchmark } from './wire/wire-bench.ts';

export const BENCHMARKS: readonly Benchmark[] = [aggregateBenchmark, roundBenchmark, wireBenchmark, connectBenchmark, trainBenchmark, simulateBenchmark, gossipBenchmark];
