/**
 * BatchMatMul and _FusedMatMul for the wasm backend. Its own kernels multiply transposed matrices by plain loops, and
 * every gradient of a dense layer is such a product.
 */
import { broadcast_util, util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import { hasSimd, type Kernels } from '../../kernels/kernels.ts';
import { EPILOGUE, productScratchBytes } from '../../kernels/twins/matrix.ts';
import { activated, takesActivation, type Activation } from './activation.ts';
import { runPrepared, type Prepared } from './prepared.ts';
import { wasmKernels, type KernelCall } from './wasm-backend.ts';

export interface MatMulOptions {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** A vector is added to each row. */
  readonly bias?: boolean;
  readonly activation?: 'linear' | 'relu' | 'relu6';
  /** The output becomes what it was, less the rate times the product: a step of gradient descent. Without bias and activation. */
  readonly descend?: boolean;
}

export interface PreparedMatMul extends Prepared {
  /** Of the output. */
  readonly shape: readonly number[];
}

/**
 * a […, n, k] and b […, k, m], each transposed in its last two axes where the options say so; the axes before those are
 * broadcast. Addresses: a, b, bias where there is one, rate (a float32 scalar) where it descends, output.
 * @throws backend_failed where the shapes do not fit
 */
export function prepareMatMul(kernels: Kernels, aShape: readonly number[], bShape: readonly number[], options: MatMulOptions): PreparedMatMul {
  const { transposeA, transposeB, bias = false, activation = 'linear', descend = false } = options;
  const [m, k] = lastTwo(aShape, transposeA);
  const [inner, n] = lastTwo(bShape, transposeB);
  if (inner !== k) throw new MurmurError('backend_failed', `BatchMatMul: inner sizes ${k} and ${inner} of [${aShape.join(', ')}] and [${bShape.join(', ')}] must match`);
  const aBatch = aShape.slice(0, -2);
  const bBatch = bShape.slice(0, -2);
  const batch = broadcast_util.assertAndGetBroadcastShape([...aBatch], [...bBatch]);
  const count = util.sizeFromShape(batch);
  const epilogue = descend ? EPILOGUE.descend : activation === 'linear' ? 0 : EPILOGUE[activation];

  const [aRow, aInner, aBytes] = transposeA ? [4, 4 * m, 4 * m * k] : [4 * k, 4, 4 * m * k];
  const [bInner, bColumn, bBytes] = transposeB ? [4, 4 * k, 4 * k * n] : [4 * n, 4, 4 * k * n];
  /** `many` products in a row; where b is the same for all of them, their rows make one larger matrix. */
  const product = (a: number, aNext: number, b: number, bNext: number, out: number, many: number, biasAt: number, rate: number, scratch: number): void => {
    const asOne = bNext === 0 && !transposeA && aNext === aBytes;
    kernels.matrixProduct(a, aRow, aInner, aNext, b, bInner, bColumn, bNext, out, asOne ? 1 : many, asOne ? many * m : m, n, k, biasAt, epilogue, rate, scratch);
  };
  const [ofA, ofB] = [matricesOf(aBatch, batch), matricesOf(bBatch, batch)];

  return {
    shape: [...batch, m, n],
    scratchBytes: productScratchBytes(k, epilogue),
    run(addresses, scratch) {
      const [a, b] = addresses;
      const biasAt = bias ? addresses[2] : 0;
      const rate = descend ? addresses[addresses.length - 2] : 0;
      const out = addresses[addresses.length - 1];
      if (typeof ofA === 'number' && typeof ofB === 'number') return product(a, ofA * aBytes, b, ofB * bBytes, out, count, biasAt, rate, scratch);
      for (let i = 0; i < count; i++) {
        const [fromA, fromB] = [ofA, ofB].map((of) => (typeof of === 'number' ? of * i : of[i]));
        product(a + fromA * aBytes, 0, b + fromB * bBytes, 0, out + i * 4 * m * n, 1, biasAt, rate, scratch);
      }
    },
  };
}

function lastTwo(shape: readonly number[], transposed: boolean): readonly [number, number] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

/** Which of its matrices a tensor gives to each of the output's: always the same (0), one after the other (1), or as listed. */
function matricesOf(own: readonly number[], batch: readonly number[]): 0 | 1 | readonly number[] {
  const size = util.sizeFromShape([...own]);
  if (size === 1) return 0;
  if (size === util.sizeFromShape([...batch])) return 1;
  let places = [0];
  batch.forEach((whole, axis) => {
    // Axes that it lacks are in front.
    const lies = own[axis - batch.length + own.length] ?? 1;
    places = places.flatMap((place) => Array.from({ length: whole }, (_, i) => (lies === 1 ? place : place * lies + i)));
  });
  return places;
}

interface Inputs {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
}

interface Attrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: Activation;
  readonly leakyreluAlpha?: number;
}

/** Stands around the backend's own kernel, with or without the fused parts. */
export function matMulAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as KernelCall<Inputs, Attrs>;
    const { a, b, bias } = inputs;
    const { transposeA, transposeB, activation = 'linear' } = attrs;
    // Without SIMD the backend's own are faster than our twins where they leave the work to XNNPACK: one product, nothing transposed.
    const isPlain = !transposeA && !transposeB && [a, b].every(({ shape }) => util.sizeFromShape(shape.slice(0, -2)) === 1);
    const ownIsBetter = !hasSimd() && isPlain;
    const rows = transposeB ? b.shape[b.shape.length - 2] : b.shape[b.shape.length - 1];
    if (ownIsBetter || a.dtype !== 'float32' || b.dtype !== 'float32' || (bias && util.sizeFromShape(bias.shape) !== rows)) return original(call);
    const inEpilogue = takesActivation(activation);
    const prepared = prepareMatMul(wasmKernels(backend), a.shape, b.shape, { transposeA, transposeB, bias: bias !== undefined && bias !== null, activation: inEpilogue ? activation : 'linear' });
    const product = runPrepared(backend, prepared, bias ? [a, b, bias] : [a, b], prepared.shape);
    return inEpilogue ? product : activated(backend, product, activation, inputs.preluActivationWeights, attrs.leakyreluAlpha);
  };
}
