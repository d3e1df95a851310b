/** The whole check of one report against its task's schema, before the first of its values is merged. */
import { MurmurError } from '../errors.ts';
import { sizeOf } from '../tensors/layout.ts';
import { MONOIDS } from './monoids/registry.ts';
import { isLinear, isMeasured, type FieldRange, type FieldSpec, type FieldValues, type Statistic, type StatisticSchema } from './statistic.ts';
import { sumOfSquares } from './sum-of-squares.ts';

/** Weighted values beyond this could overflow a float64 sum after 2^63 of them. */
const HEADROOM = 2 ** 960;

/** Σ x² of a field's values: not finite where a value is not. */
export type SquaresOf = (field: FieldSpec, values: FieldValues) => number;

/**
 * Passes silently or throws; reads each field once.
 * @param squaresOf the one pass over a field
 * @throws bad_layout: fields other than the schema's, a wrong dtype or length; bad_weight: not in (0, maxWeight];
 * not_finite: names field and index; out_of_range: not what the field counts; norm_too_large: over the schema's bound, or too large to be summed in float64.
 */
export function checkStatistic(schema: StatisticSchema, statistic: Statistic, squaresOf: SquaresOf = (_field, values) => sumOfSquares(values)): void {
  checkShape(schema.fields, statistic);
  checkWeight(statistic.weight, schema.maxWeight);
  let squares = 0;
  for (const field of schema.fields) {
    const values = statistic.fields[field.name];
    const ofField = squaresOf(field, values);
    // Squares of float64 can overflow where every value is finite, so only now look for the culprit.
    if (!Number.isFinite(ofField)) requireFinite(field.name, values);
    if (field.range) requireRange(field.name, field.range, values);
    if (field.range?.isWeight === true && values.some((value: number) => value !== statistic.weight)) {
      throw new MurmurError('out_of_range', `field ${field.name} has ${values[0]}, and the report weighs ${statistic.weight}: they are the same here`, { details: { field: field.name } });
    }
    requireMeaning(field, values);
    if (!isLinear(field.monoid)) continue;
    if (statistic.weight * Math.sqrt(ofField) > HEADROOM) {
      throw new MurmurError('norm_too_large', `field ${field.name} holds values so large that their sum could overflow; scale them down`, { details: { field: field.name } });
    }
    if (isMeasured(field)) squares += ofField;
  }
  checkNorm(Math.sqrt(squares), schema.maxNorm);
}

/** Fields exactly those of the schema, each of its dtype and length. @throws bad_layout */
export function checkShape(fields: readonly FieldSpec[], statistic: Pick<Statistic, 'fields'>): void {
  for (const { name, dtype, shape } of fields) {
    if (!Object.hasOwn(statistic.fields, name)) throw new MurmurError('bad_layout', `field ${name} is missing`, { details: { field: name } });
    const values = statistic.fields[name];
    if (!(dtype === 'float32' ? values instanceof Float32Array : values instanceof Float64Array)) {
      throw new MurmurError('bad_layout', `field ${name} is not ${dtype}`, { details: { field: name } });
    }
    if (values.length !== sizeOf(shape)) {
      throw new MurmurError('bad_layout', `field ${name} has ${values.length} values, its shape [${shape.join(', ')}] asks for ${sizeOf(shape)}`, { details: { field: name } });
    }
  }
  const names = Object.keys(statistic.fields);
  if (names.length === fields.length) return;
  const surplus = names.find((name) => !fields.some((field) => field.name === name));
  throw new MurmurError('bad_layout', `field ${surplus} is not one of this task's (${fields.map(({ name }) => name).join(', ')})`, { details: { field: surplus } });
}

/** Fields whose values belong together, as a count and a mean. @throws out_of_range */
export function requireMeaning({ name, monoid }: Pick<FieldSpec, 'name' | 'monoid'>, values: FieldValues): void {
  const wrong = MONOIDS[monoid].check?.(values) ?? null;
  if (wrong !== null) throw new MurmurError('out_of_range', `field ${name} holds no ${monoid}: ${wrong}`, { details: { field: name } });
}

function checkWeight(weight: number, maxWeight: number): void {
  // Written so that NaN fails, too.
  if (!(weight > 0 && weight <= maxWeight && Number.isFinite(weight))) {
    throw new MurmurError('bad_weight', `the weight is ${weight}; weights lie above 0 and up to ${maxWeight}`, { details: { weight: String(weight), maxWeight } });
  }
}

function checkNorm(norm: number, maxNorm: number | null): void {
  if (maxNorm !== null && norm > maxNorm) {
    throw new MurmurError('norm_too_large', `the norm over the vectors is ${norm}, at most ${maxNorm} is taken`, { details: { norm, maxNorm } });
  }
}

/** Each value within the field's own range. @throws out_of_range */
export function requireRange(field: string, { atLeast = -Infinity, atMost = Infinity, whole = false }: FieldRange, values: FieldValues): void {
  const index = values.findIndex((value: number) => value < atLeast || value > atMost || (whole && !Number.isInteger(value)));
  if (index < 0) return;
  throw new MurmurError('out_of_range', `field ${field} has ${values[index]} at index ${index}; ${whole ? 'whole numbers' : 'values'} from ${atLeast} to ${atMost} are taken`, { details: { field, index } });
}

function requireFinite(field: string, values: FieldValues): void {
  const index = values.findIndex((value: number) => !Number.isFinite(value));
  if (index >= 0) {
    throw new MurmurError('not_finite', `field ${field} has ${values[index]} at index ${index}`, { details: { field, index } });
  }
}
