/** Every benchmark. A new one is one folder and one line here. */
import type { Benchmark } from './benchmark.ts';
import { connectBenchmark } from './connect/connect-bench.ts';
import { roundBenchmark } from './round/round-bench.ts';
import { wireBenchmark } from './wire/wire-bench.ts';

export const BENCHMARKS: readonly Benchmark[] = [roundBenchmark, wireBenchmark, connectBenchmark];
