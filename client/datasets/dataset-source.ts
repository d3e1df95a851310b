/** Where an edge's examples come from: files of its owner, turned into numbers by the task's data contract. */
import type { Dataset } from '../../shared/model/examples.ts';
import type { ColumnTable } from '../../shared/statistics/columns.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';

export interface DatasetSource {
  /** For people: `csv:patients.csv`. */
  readonly name: string;
  /** @throws bad_dataset naming file, line and column (or the image) that does not meet the contract. */
  load(contract: DataContract): Promise<Dataset>;
  /** Columns as they stand, missing values left missing; left out, they are read off the examples that `load` gives. @throws bad_dataset */
  loadColumns?(contract: DataContract): Promise<ColumnTable>;
}
