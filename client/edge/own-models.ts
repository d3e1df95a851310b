/** The models that an edge can use itself: of each task the version that it worked on last, or what its algorithm has made of it for this edge alone. */
import { configOf, findAlgorithm } from '../../shared/algorithms/registry.ts';
import type { TaskId } from '../../shared/ids.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import { createParameters, type Layout, type Parameters } from '../../shared/tensors/layout.ts';
import type { EdgeStateStore } from './edge-state-store.ts';

export interface OwnModel {
  readonly task: TaskId;
  /** The version that it is, or was made of. */
  readonly version: number;
  /** True where a part of it, or all, is this edge's alone. */
  readonly personal: boolean;
  readonly parameters: Parameters;
}

interface Given {
  readonly spec: TaskSpec;
  readonly version: number;
  readonly base: Float32Array;
  readonly layout: Layout;
}

export interface OwnModels {
  /** This edge was given a version to work on: its base is not changed, and kept until the next one comes. */
  given(task: TaskId, about: Given): void;
  /** Of that task, or of the one worked on last; null before it was given any version. @throws what the store of states throws */
  model(task?: TaskId): Promise<OwnModel | null>;
}

export function createOwnModels(state: Pick<EdgeStateStore, 'load'>): OwnModels {
  const versions = new Map<TaskId, Given>();
  let last: TaskId | null = null;
  return {
    given(task, about) {
      versions.set(task, about);
      last = task;
    },
    async model(task = last ?? undefined) {
      const held = task === undefined ? undefined : versions.get(task);
      if (task === undefined || held === undefined) return null;
      const { spec, version, base, layout } = held;
      const { personal } = findAlgorithm(spec.algorithm.name);
      const values = personal === undefined ? base.slice() : personal.model({ base, state: (await state.load(task)).at(0)?.state ?? null, config: configOf(spec.algorithm), layout });
      return { task, version, personal: personal !== undefined, parameters: createParameters(layout, values) };
    },
  };
}
