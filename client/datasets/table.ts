/** A CSV by the `table` contract: columns become features in the contract's order, each row an example. */
import { MurmurError } from '../../shared/errors.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import { inputShapeOf, type TableContract } from '../../shared/task/data-contract.ts';
import { findColumns, isMissing, readCsv } from './csv.ts';
import { badDataset, createProblems, listed, quoted } from './problems.ts';
import { toDataset } from './split.ts';

type Feature = TableContract['features'][number];
type NumericFeature = Extract<Feature, { type: 'numeric' }>;
type CategoricalFeature = Extract<Feature, { type: 'categorical' }>;

/** Writes one value's numbers at `offset`; says what it expected where it cannot. */
type Encoder = (value: string, into: Float32Array | Int32Array, offset: number) => string | null;

/** A number as files have it. */
export const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Inputs are float32 [size, width], width by `inputShapeOf`: one number a numeric column,
 * a one-hot group a categorical one. Labels are class indices, or float32 [size, 1].
 * Columns that the contract does not name are ignored.
 * @throws bad_dataset naming file, line and column of up to ten wrong values; bad_task_spec when the contract contradicts itself.
 */
export function tableDataset(file: string, input: string | Uint8Array, contract: TableContract): Dataset {
  const columns = [...contract.features.map((feature) => feature.column), contract.label.column];
  const encoders = [...contract.features.map(featureEncoder), labelEncoder(contract.label)];
  const width = inputShapeOf(contract)[0];
  const offsets: number[] = [];
  let offset = 0;
  for (const feature of contract.features) {
    offsets.push(offset);
    offset += feature.type === 'numeric' ? 1 : feature.values.length;
  }
  const problems = createProblems(file);
  const last = encoders.length - 1;
  let places: readonly number[] = [];
  let inputs = new Float32Array(0);
  let labels: Float32Array | Int32Array = new Float32Array(0);
  let size = 0;
  readCsv(file, input, problems, {
    header({ names, recordsAtMost }) {
      places = findColumns(file, names, columns);
      inputs = new Float32Array(recordsAtMost * width);
      labels = contract.label.type === 'categorical' ? new Int32Array(recordsAtMost) : new Float32Array(recordsAtMost);
    },
    record(values, lineOf) {
      for (let i = 0; i <= last; i++) {
        const value = values[places[i]];
        const expected = i < last ? encoders[i](value, inputs, size * width + offsets[i]) : encoders[i](value, labels, size);
        if (expected !== null) {
          const found = value.trim() === '' ? 'nothing' : quoted(value);
          problems.add({ line: lineOf(places[i]), column: columns[i], found, expected });
        }
      }
      size++;
    },
  });
  problems.throwIfAny();
  if (size === 0) throw badDataset(file, { line: 2, found: 'a header and no example', expected: 'one line an example' });
  const examples = {
    size,
    inputs: fit(inputs, size * width),
    inputShape: [width],
    scale: 1,
    labels: fit(labels, size),
    labelShape: contract.label.type === 'categorical' ? [] : [1],
  };
  return toDataset(examples, contract, `csv:${file}`);
}

function featureEncoder(feature: Feature): Encoder {
  return feature.type === 'numeric' ? numericEncoder(feature) : oneHotEncoder(feature);
}

function labelEncoder(label: TableContract['label']): Encoder {
  if (label.type === 'numeric') return numericEncoder({ ...label, missing: 'refuse' });
  const indices = indicesOf(label.column, label.values);
  return (value, into, offset) => {
    const index = indices.get(value) ?? indices.get(value.trim());
    if (index === undefined) return `a label, one of ${listed(label.values)}`;
    into[offset] = index;
    return null;
  };
}

function numericEncoder({ standardise, missing }: Pick<NumericFeature, 'standardise' | 'missing'>): Encoder {
  return (value, into, offset) => {
    let number: number;
    if (isMissing(value)) {
      if (missing === 'refuse') return 'a number; the task allows no missing value here';
      number = missing;
    } else {
      const text = value.trim();
      if (!DECIMAL.test(text)) return 'a number such as -1.5 or 2e3, with a decimal point';
      number = Number(text);
    }
    const scaled = standardise ? (number - standardise.mean) / standardise.deviation : number;
    if (!Number.isFinite(Math.fround(scaled))) return 'a number within the range of float32';
    into[offset] = scaled;
    return null;
  };
}

function oneHotEncoder(feature: CategoricalFeature): Encoder {
  const indices = indicesOf(feature.column, feature.values);
  const { missing } = feature;
  const standIn = typeof missing === 'object' ? indices.get(missing.value) : undefined;
  if (typeof missing === 'object' && standIn === undefined) {
    throw new MurmurError('bad_task_spec', `column ${quoted(feature.column)}: ${quoted(missing.value)} stands in for missing values, but is none of its values ${listed(feature.values)}`);
  }
  return (value, into, offset) => {
    // A value of the contract comes first: "NA" can be a country.
    let index = indices.get(value) ?? indices.get(value.trim());
    if (index === undefined && isMissing(value)) {
      if (missing === 'zeros') return null;
      if (missing === 'refuse') return `one of ${listed(feature.values)}; the task allows no missing value here`;
      index = standIn;
    }
    if (index === undefined) return `one of ${listed(feature.values)}`;
    into[offset + index] = 1;
    return null;
  };
}

function indicesOf(column: string, values: readonly string[]): ReadonlyMap<string, number> {
  const indices = new Map(values.map((value, index) => [value, index]));
  if (indices.size < values.length) throw new MurmurError('bad_task_spec', `column ${quoted(column)}: a value stands twice in its list ${listed(values)}`);
  return indices;
}

function fit<T extends Float32Array | Int32Array>(values: T, length: number): T {
  return (values.length === length ? values : values.slice(0, length)) as T;
}
