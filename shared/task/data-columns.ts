/** The columns that a statistic can read under a data contract of any kind. */
import type { DataContract } from './data-contract.ts';

export type DataColumn =
  /** `width`: values in a row, 1 but for images. */
  | { readonly type: 'numeric'; readonly column: string; readonly width: number; readonly optional: boolean }
  /** `values` null: not known beforehand. */
  | { readonly type: 'categorical'; readonly column: string; readonly values: readonly string[] | null; readonly optional: boolean };

/** Of images: every pixel, multiplied by the contract's scale. Of texts: their number of words, up to the contract's length. */
export const PIXELS = 'pixels';
export const WORDS = 'words';
/** Of images: their class. */
export const LABEL = 'label';

export function columnsOf(contract: DataContract): readonly DataColumn[] {
  switch (contract.kind) {
    case 'image':
      return [
        { type: 'numeric', column: PIXELS, width: contract.height * contract.width * contract.channels, optional: false },
        { type: 'categorical', column: LABEL, values: contract.classes, optional: false },
      ];
    case 'text':
      return [
        { type: 'numeric', column: WORDS, width: 1, optional: false },
        { type: 'categorical', column: contract.labelColumn, values: contract.classes, optional: false },
      ];
    case 'table': {
      const { features, label } = contract;
      const all = features.some(({ column }) => column === label.column) ? features : [...features, label];
      return all.map(({ column, ...rest }): DataColumn => (rest.type === 'numeric' ? { type: 'numeric', column, width: 1, optional: false } : { type: 'categorical', column, values: rest.values, optional: false }));
    }
    case 'columns':
      return contract.columns.map((column): DataColumn => (column.type === 'numeric' ? { ...column, width: 1 } : { ...column, values: column.values ?? null }));
  }
}

/** The column of classes or of numbers to be predicted; null where the contract has none. */
export function labelColumnOf(contract: DataContract): string | null {
  switch (contract.kind) {
    case 'image':
      return LABEL;
    case 'text':
      return contract.labelColumn;
    case 'table':
      return contract.label.column;
    case 'columns':
      return null;
  }
}
