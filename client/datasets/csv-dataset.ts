/** A CSV by whatever contract reads one. */
import { MurmurError } from '../../shared/errors.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import type { ColumnTable } from '../../shared/statistics/columns.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';
import { csvColumns, examplesAsColumns, withNothingHeldBack } from './columns.ts';
import { tableDataset } from './table.ts';
import { textDataset } from './text.ts';

/** @throws bad_dataset, also when the task wants images. */
export function csvDataset(file: string, input: string | Uint8Array, contract: DataContract): Dataset {
  switch (contract.kind) {
    case 'table':
      return tableDataset(file, input, contract);
    case 'text':
      return textDataset(file, input, contract);
    case 'columns':
      throw new MurmurError('bad_dataset', `${file}: the task reads columns for statistics, not examples`);
    case 'image':
      throw new MurmurError('bad_dataset', `${file} is a CSV, the task wants images of ${contract.height} × ${contract.width}: give it IDX files (idx:IMAGES,LABELS) or a folder with one sub-folder a class (images:FOLDER)`);
  }
}

/** The same for statistics: its columns as they stand. @throws bad_dataset */
export function csvTable(file: string, input: string | Uint8Array, contract: DataContract): ColumnTable {
  if (contract.kind === 'table' || contract.kind === 'columns') return csvColumns(file, input, contract);
  const { train, source } = csvDataset(file, input, withNothingHeldBack(contract));
  return examplesAsColumns(train, contract, source);
}
