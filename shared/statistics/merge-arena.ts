/**
 * Where reports of one task are checked and merged at the memory's speed. A report's large float32 fields are copied
 * once, from the socket's buffer into kernel memory, and checked in that same pass; when the whole report is valid (and
 * journaled), they are added from there.
 *
 * Reports are added in float32, eight at the most, and then folded into a float64 sum: the error stays below
 * 9 · 2^-24 · Σ|w·x| < 6·10^-7 · Σ|w·x| (one rounding of the weight, one of each product, at most seven additions), plus
 * 2^-147 for every eight reports, which is what products below 10^-38 can lose: no model has weights that small. Values that
 * could leave float32 go into the float64 sum directly.
 */
import { createKernels, hasSimd } from '../kernels/kernels.ts';
import { createKernelMemory } from '../kernels/memory.ts';
import { sizeOf } from '../tensors/layout.ts';
import { createAccumulator, type Accumulator } from './accumulator.ts';
import { checkStatistic } from './check.ts';
import { plainSums, type FieldSums } from './field-sums.ts';
import { isLinear, isMeasured, type FieldValues, type Statistic, type StatisticSchema } from './statistic.ts';
import { sumOfSquares } from './sum-of-squares.ts';

/** A statistic that passed its whole check. */
export interface Admitted {
  /** Its large fields may be views of the arena: not to be changed, and gone with `release`. */
  readonly statistic: Statistic;
  /** Call once it is merged, or will not be. */
  release(): void;
}

export interface MergeArena {
  readonly schema: StatisticSchema;
  /** `checkStatistic`, copying what is large. The statistic's own memory is free again unless the arena was full. @throws as `checkStatistic` */
  admit(statistic: Statistic): Admitted;
  /** An empty accumulator: in the arena where a place is free, else one of its own memory. `release` it. */
  accumulator(): Accumulator;
}

/** Values; what has fewer costs nothing anywhere. */
const LEAST_VALUES = 16_384;
/** Two rounds of a task overlap at most. */
const ACCUMULATORS = 2;
/** For reports that wait for the disk; beyond, they are copied when they are merged. */
const SLOTS_BYTES = 32 << 20;
const MOST_SLOTS = 64;
/** Values of a field that are copied and checked at a time: they lie in the cache still when they are read again. */
const PART = 65_536;
const FOLD_EVERY = 8;
/** Relative error of a norm from `sumOfSquares`, twice over. */
const NORM_ROUNDING = 4e-6;
/** Eight such products cannot leave float32. */
const MOST_NARROW = 2 ** 100;
/** Scales of which float32 keeps the precision, and whose products with ordinary values do not underflow. */
const NARROW_SCALES = [2 ** -40, 2 ** 60] as const;

/** A large field: where it lies from the start of a slot, and of an accumulator. Bytes. */
interface LargeField {
  readonly size: number;
  readonly inSlot: number;
  readonly wide: number;
  readonly narrow: number;
}

/** A cache line more each time: things that begin at the same place in a page hinder each other. */
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64 + 64;

export function createMergeArena(schema: StatisticSchema): MergeArena {
  const fields = new Map<string, LargeField>();
  let slotBytes = 0;
  let sumBytes = 0;
  for (const { name, monoid, dtype, shape } of schema.fields) {
    const size = sizeOf(shape);
    if (!isLinear(monoid) || dtype !== 'float32' || size < LEAST_VALUES) continue;
    fields.set(name, { size, inSlot: slotBytes, wide: sumBytes, narrow: sumBytes + aligned(8 * size) });
    slotBytes += aligned(4 * size);
    sumBytes += aligned(8 * size) + aligned(4 * size);
  }
  const slots = fields.size === 0 ? 0 : Math.max(2, Math.min(MOST_SLOTS, Math.floor(SLOTS_BYTES / slotBytes)));
  const memory = fields.size === 0 || !hasSimd() ? null : lendMemory(aligned(4 * PART) + slots * slotBytes + ACCUMULATORS * sumBytes);
  return memory === null ? plainArena(schema) : kernelArena(schema, fields, memory, { slots, slotBytes, sumBytes });
}

/** null where the address space is too small for it. */
function lendMemory(bytes: number): WebAssembly.Memory | null {
  try {
    return createKernelMemory(bytes);
  } catch {
    return null;
  }
}

function plainArena(schema: StatisticSchema): MergeArena {
  return {
    schema,
    admit(statistic) {
      checkStatistic(schema, statistic);
      return { statistic, release: () => undefined };
    },
    accumulator: () => createAccumulator(schema),
  };
}

interface Places {
  readonly slots: number;
  readonly slotBytes: number;
  readonly sumBytes: number;
}

function kernelArena(schema: StatisticSchema, fields: ReadonlyMap<string, LargeField>, memory: WebAssembly.Memory, { slots, slotBytes, sumBytes }: Places): MergeArena {
  const kernels = createKernels(memory);
  const heap = new Float32Array(memory.buffer);
  const staging = 0;
  const firstSlot = aligned(4 * PART);
  // The last one given back is lent first: the most likely one to lie in the cache still.
  const freeSlots = Array.from({ length: slots }, (_, i) => firstSlot + (slots - 1 - i) * slotBytes);
  const freeSums = Array.from({ length: ACCUMULATORS }, (_, i) => firstSlot + slots * slotBytes + i * sumBytes);
  /** Σ x² of what lies in a slot, by its address. */
  const squaresAt = new Map<number, number>();

  /** Copies and checks: Σ x², not finite where a value is not. Without `to` the copy is not kept. */
  const takeIn = (values: FieldValues, to: number | null): number => {
    let squares = 0;
    for (let from = 0; from < values.length; from += PART) {
      const part = values.subarray(from, Math.min(from + PART, values.length));
      const at = to === null ? staging : to + 4 * from;
      heap.set(part, at / 4);
      squares += kernels.sumOfSquares(at, part.length);
    }
    // Squares of large values leave float32 where the values are finite all the same.
    return Number.isFinite(squares) ? squares : sumOfSquares(values);
  };

  const admit = (statistic: Statistic): Admitted => {
    const slot = freeSlots.pop();
    let lent = slot !== undefined;
    const release = (): void => {
      if (lent && slot !== undefined) freeSlots.push(slot);
      lent = false;
    };
    try {
      let squaresInAll = 0;
      checkStatistic(schema, statistic, (field, values) => {
        const large = fields.get(field.name);
        const squares = large === undefined ? sumOfSquares(values) : takeIn(values, slot === undefined ? null : slot + large.inSlot);
        if (large !== undefined && slot !== undefined) squaresAt.set(slot + large.inSlot, squares);
        if (isMeasured(field)) squaresInAll += squares;
        return squares;
      });
      // Where a rounding could decide, the exact check does: the same verdict on each device, with SIMD or without.
      if (schema.maxNorm !== null && Math.sqrt(squaresInAll) > schema.maxNorm * (1 - NORM_ROUNDING)) checkStatistic(schema, statistic);
    } catch {
      release();
      // An edge that clips to the very bound is not refused for a rounding of ours; and whoever is refused hears exact figures.
      checkStatistic(schema, statistic);
      return { statistic, release };
    }
    if (slot === undefined) return { statistic, release };
    const moved = [...fields].map(([name, { inSlot, size }]): [string, FieldValues] => [name, new Float32Array(memory.buffer, slot + inSlot, size)]);
    return { statistic: { weight: statistic.weight, fields: { ...statistic.fields, ...Object.fromEntries(moved) } }, release };
  };

  /** Places of sums that were used before; fresh memory is zero, and costs nothing until it is written. */
  const used = new Set<number>();

  const sumsAt = (base: number): FieldSums => {
    if (used.has(base)) heap.fill(0, base / 4, (base + sumBytes) / 4);
    used.add(base);
    const plain = plainSums(schema.fields.filter(({ name }) => !fields.has(name)));
    /** Reports in the float32 sum of a field. */
    const pending = new Map<string, number>();
    let lent = true;

    const addPart = (large: LargeField, from: number, x: number, count: number, scale: number, squares: number): void => {
      const isNarrow = scale >= NARROW_SCALES[0] && scale <= NARROW_SCALES[1] && scale * Math.sqrt(squares) <= MOST_NARROW;
      if (isNarrow) kernels.addScaled(base + large.narrow + 4 * from, x, count, scale);
      else kernels.addScaledWide(base + large.wide + 8 * from, x, count, scale);
    };
    const fold = (name: string, { wide, narrow, size }: LargeField): void => {
      kernels.foldWide(base + wide, base + narrow, size);
      pending.set(name, 0);
    };
    return {
      add(field, values, weight) {
        const large = fields.get(field.name);
        if (!large) return plain.add(field, values, weight);
        const scale = field.monoid === 'weighted-mean' ? weight : 1;
        if (values.buffer === memory.buffer) {
          addPart(large, 0, values.byteOffset, large.size, scale, squaresAt.get(values.byteOffset) ?? Infinity);
        } else {
          for (let from = 0; from < values.length; from += PART) {
            const part = values.subarray(from, Math.min(from + PART, values.length));
            heap.set(part, staging / 4);
            addPart(large, from, staging, part.length, scale, kernels.sumOfSquares(staging, part.length));
          }
        }
        const waiting = (pending.get(field.name) ?? 0) + 1;
        pending.set(field.name, waiting);
        if (waiting === FOLD_EVERY) fold(field.name, large);
      },
      partial(name) {
        const large = fields.get(name);
        if (!large) return plain.partial(name);
        if ((pending.get(name) ?? 0) > 0) fold(name, large);
        return new Float64Array(memory.buffer, base + large.wide, large.size);
      },
      release() {
        if (lent) freeSums.push(base);
        lent = false;
      },
    };
  };

  return {
    schema,
    admit,
    accumulator() {
      const base = freeSums.pop();
      return base === undefined ? createAccumulator(schema) : createAccumulator(schema, undefined, sumsAt(base));
    },
  };
}
