/** Products of matrices, with what they can do to their sums before they store them. */
import { takesActivation, type Activation } from '../../kernels/activation.ts';
import { prepareMatMul, type MatMulOptions } from '../../kernels/mat-mul.ts';
import { FUSED } from '../fuse.ts';
import { loweredPrepared, type Lowering } from '../lowering.ts';
import { floatOperands, inputOf, sizeOf, type Operand } from '../program.ts';

const product: Lowering = (operation, { kernels }) => {
  const floats = floatOperands(inputOf(operation, 'a'), inputOf(operation, 'b'), operation.outputs[0]);
  const bias = inputOf(operation, 'bias');
  const { activation = 'linear', ...transposed } = operation.attrs as unknown as MatMulOptions & { readonly activation?: Activation };
  if (!kernels || !floats || !takesActivation(activation)) return null;
  const [a, b, out] = floats;
  if (bias && sizeOf(bias.shape) !== out.shape[out.shape.length - 1]) return null;
  const { transposeA, transposeB } = transposed;
  const prepared = prepareMatMul(kernels, a.shape, b.shape, { transposeA, transposeB, bias: bias !== null, activation });
  return loweredPrepared(prepared, bias ? [a, b, bias, out] : [a, b, out]);
};

export const products: Readonly<Record<string, Lowering>> = {
  BatchMatMul: product,
  _FusedMatMul: product,
  [FUSED.descendByProduct](operation, { kernels, heap }) {
    const [w, a, b, rate] = operation.inputs as readonly Operand[];
    const [out] = operation.outputs;
    const { transposeA, transposeB } = operation.attrs as unknown as MatMulOptions;
    if (!kernels) return null;
    const prepared = prepareMatMul(kernels, a.shape, b.shape, { transposeA, transposeB, descend: true });
    const descend = loweredPrepared(prepared, [a, b, rate, out]);
    return {
      scratchBytes: descend.scratchBytes,
      bind(at, scratch) {
        const run = descend.bind(at, scratch);
        const [from, to] = [at(w), at(out)];
        if (from === to) return run;
        return () => {
          heap.wasm.HEAPU8.copyWithin(to, from, from + 4 * sizeOf(out.shape));
          run();
        };
      },
    };
  },
};
