/** A dataset in the backend: what is trained on, and what was held back. */
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Dataset, Examples } from '../../shared/model/examples.ts';
import { uploadExamples, type ResidentExamples } from '../../shared/model/resident-examples.ts';

export interface ResidentDataset {
  /** null where there are no examples. */
  readonly train: ResidentExamples | null;
  readonly validation: ResidentExamples | null;
  /** Where it came from, for people. */
  readonly source: string;
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
    source,
    dispose() {
      trained?.dispose();
      held?.dispose();
    },
  };
}

/** Bytes that the dataset takes up in a backend: four a number. */
export function residentBytesOf(...parts: readonly (Examples | null)[]): number {
  return parts.reduce((bytes, part) => bytes + (part === null ? 0 : 4 * (part.inputs.length + part.labels.length)), 0);
}
