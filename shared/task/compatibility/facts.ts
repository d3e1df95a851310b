/** What rules of several subjects ask of a task. */
import { ALGORITHM_NAMES, findAlgorithm } from '../../algorithms/registry.ts';
import { classesOf } from '../data-contract.ts';
import type { AnyTask } from '../task-spec.ts';

/** Bare columns have no label at all. */
export const isRegression = ({ data }: Pick<AnyTask, 'data'>): boolean => data.kind !== 'columns' && classesOf(data) === null;

/** Algorithms whose edges wait for nobody. A name that is none is refused elsewhere. */
export const waitsForNobody = ({ algorithm: { name } }: Pick<AnyTask, 'algorithm'>): boolean => ALGORITHM_NAMES.includes(name) && !findAlgorithm(name).needs.barrier;
