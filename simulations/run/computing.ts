/** What a scenario without a model computes with: each client's own examples, dealt out in the main thread. */
import type { Evaluator } from '../../server/evaluation/evaluator.ts';
import { numbersForwarded } from '../../shared/algorithms/model-free.ts';
import { MurmurError } from '../../shared/errors.ts';
import { loadPart } from '../datasets/load-part.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { dealOut } from './dealt-out.ts';
import type { Learning, LearningOptions } from './learning-contract.ts';
import { REFERENCE_WORK } from './reference-work.ts';

/** Examples that count as a step of a device, as in a batch of the reference model. */
const STEP = 10;

/** @throws bad_config where there are no data to deal out; whatever a dataset throws */
export async function openComputing(scenario: Scenario, { seed }: LearningOptions): Promise<Learning> {
  const { task, training } = scenario;
  const { dataset, plan } = await dealOut(scenario, seed);
  const sizes = plan.parts.map(({ length }) => length);
  // About as many multiplications an example as the report has numbers.
  const cost = (training.kind === 'real' ? training.stepCost : null) ?? (numbersForwarded(task) * STEP) / REFERENCE_WORK;
  return {
    examples: sizes,
    datasetOf: (number) => loadPart(dataset, task.data, plan, number),
    computingOf: (number) => ({ steps: Math.ceil(sizes[number] / STEP), cost }),
    trainer() {
      throw new MurmurError('internal', 'this task trains no model');
    },
    evaluator: NOBODY_EVALUATES,
    attackers: [],
    attackSuccessOf: () => null,
    broken: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

const NOBODY_EVALUATES: Evaluator = {
  describe: () => Promise.reject(new MurmurError('internal', 'there is no model to be described')),
  evaluate: () => Promise.resolve(null),
  setExamples: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};
