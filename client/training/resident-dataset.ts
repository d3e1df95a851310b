/** A dataset in the backend: what is trained on, and what was held back. */
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Dataset, Examples } from '../../shared/model/examples.ts';
import { classesOf } from '../../shared/task/data-contract.ts';
import { countLabels } from '../datasets/count-labels.ts';
import { uploadExamples, type ResidentExamples } from '../../shared/model/resident-examples.ts';

export interface ResidentDataset {
  /** null where there are no examples. */
  readonly train: ResidentExamples | null;
  readonly validation: ResidentExamples | null;
  /** Training examples of each class; null where labels are no class indices. */
  readonly classCounts: readonly number[] | null;
  /** Where it came from, for people. */
  readonly source: string;
  /** In the backend. */
  readonly bytes: number;
  dispose(): void;
}

/** Copies both parts into the current backend; nothing stays there where one of them is wrong. @throws bad_dataset */
export function uploadDataset(spec: ModelSpec, { train, validation, source }: Dataset): ResidentDataset {
  const upload = (examples: Examples | null): ResidentExamples | null => (examples && examples.size > 0 ? uploadExamples(spec, examples, source) : null);
  const trained = upload(train);
  let held: ResidentExamples | null;
  try {
    held = upload(validation);
  } catch (thrown) {
    trained?.dispose();
    throw thrown;
  }
  return {
    train: trained,
    validation: held,
    classCounts: countLabels(train, classesOf(spec.data)?.length ?? 0),
    source,
    get bytes() {
      return (trained?.bytes ?? 0) + (held?.bytes ?? 0);
    },
    dispose() {
      trained?.dispose();
      held?.dispose();
    },
  };
}

/** Bytes that examples take up in a backend when they come there: four a number. What is mostly zero takes more once it was used. */
export function residentBytesOf(...parts: readonly (Examples | null)[]): number {
  return parts.reduce((bytes, part) => bytes + (part === null ? 0 : 4 * (part.inputs.length + part.labels.length)), 0);
}
