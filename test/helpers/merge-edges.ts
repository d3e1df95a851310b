/** Rounds of an algorithm without a model in memory: edges' statistics through the real checks and accumulators, into the server half. */
import { initialWithoutModel, noTrainer, resultOf } from '../../shared/algorithms/model-free.ts';
import type { EdgeData, ServerState } from '../../shared/algorithms/algorithm.ts';
import { configOf, findAlgorithm } from '../../shared/algorithms/registry.ts';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import type { TaskResult } from '../../shared/algorithms/statistics/result.ts';
import { createRandom } from '../../shared/random.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { decodeAccumulator, encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { createMergeArena } from '../../shared/statistics/merge-arena.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { decodeServerState, encodeServerState } from '../../shared/tensors/checkpoint.ts';
import { asAssignmentId } from '../../shared/ids.ts';

export interface MergedEdges {
  readonly state: ServerState;
  readonly result: TaskResult;
  /** After each round. */
  readonly results: readonly TaskResult[];
}

/** @param tree each edge's report comes by way of an aggregator of its own. @throws what the algorithm or the checks throw */
export async function mergeEdges(input: TaskSpecInput, edges: readonly Omit<EdgeData, 'contract'>[], rounds = 1, { tree = false }: { readonly tree?: boolean } = {}): Promise<MergedEdges> {
  const spec = parseTaskSpec(input);
  const algorithm = findAlgorithm(spec.algorithm.name);
  const config = configOf(spec.algorithm);
  const initial = initialWithoutModel(spec);
  const schema = statisticSchemaFor(spec, initial.layout);
  const arena = createMergeArena(schema);
  let state = algorithm.init(initial.values, config);
  const results: TaskResult[] = [];
  for (let round = 1; round <= rounds; round++) {
    const accumulator = arena.accumulator();
    const broadcast = algorithm.plan(state, round, config);
    for (const [i, data] of edges.entries()) {
      const { statistic } = await algorithm.edge({
        config, base: state.parameters, broadcast, state: null, trainer: noTrainer(initial.layout), data: { ...data, contract: spec.data },
        random: createRandom(i), signal: new AbortController().signal,
      });
      const id = asAssignmentId(`${spec.name}.${round}.${i}`);
      const admitted = arena.admit(statistic);
      if (tree) {
        // As an edge aggregator forwards it: an accumulator of its own, in bytes.
        const branch = createAccumulator(schema);
        branch.add(admitted.statistic, id);
        accumulator.merge(decodeAccumulator(encodeAccumulator(branch, initial.layout.digest), schema).accumulator);
      } else {
        accumulator.add(admitted.statistic, id);
      }
      admitted.release();
    }
    const next = algorithm.update(state, accumulator.merged(), config);
    accumulator.release();
    // As it is stored and read again.
    state = decodeServerState(encodeServerState(next), next.parameters);
    const result = resultOf(spec, state);
    if (result === null) throw new Error('a round was made, and there is no result');
    results.push(result);
  }
  return { state, result: results[results.length - 1], results };
}
