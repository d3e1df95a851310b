/** Products of matrices, with what they can do to their sums before they store them. */
import { takesActivation, type Activation } from '../../kernels/activation.ts';
import { prepareMatMul, type MatMulOptions } from '../../kernels/mat-mul.ts';
import { EPILOGUE } from '../../../kernels/twins/matrix.ts';
import { FUSED } from '../fuse.ts';
import { loweredPrepared, type Lowered, type Lowering, type LoweringTools } from '../lowering.ts';
import { floatOperands, inputOf, sizeOf, type Operand } from '../program.ts';

/**
 * The product where its left side is the step's examples, as they are or transposed, and its right side one matrix: by
 * what of them is not zero, where they are given so.
 */
function bySparse(dense: Lowered, { kernels, sparse }: LoweringTools, product: SparseProduct): Lowered {
  const { a, b, out, bias, rate, transposeA, transposeB, epilogue } = product;
  const { x, rows, columns } = sparse;
  const isExamples = a.value === x && a.offset === 0 && sizeOf(a.shape) === rows * columns && a.shape[a.shape.length - 1] === columns;
  const [m, inner] = transposeA ? [columns, rows] : [rows, columns];
  const n = sizeOf(out.shape) / m;
  // Its transpose is read by columns, which is a matter of the gradient alone.
  if (!kernels || !isExamples || transposeB || sizeOf(b.shape) !== inner * n || b.shape[b.shape.length - 1] !== n || transposeA !== (epilogue === EPILOGUE.descend)) return dense;
  return {
    scratchBytes: dense.scratchBytes,
    sparse: transposeA ? 'columns' : 'rows',
    bind(at, scratch) {
      const run = dense.bind(at, scratch);
      const [right, to, biasAt, rateAt] = [at(b), at(out), bias ? at(bias) : 0, rate ? at(rate) : 0];
      const lists = transposeA ? sparse.at.columns : sparse.at.rows;
      return () => {
        if (sparse.present) kernels.sparseProduct(lists, m, right, to, n, biasAt, epilogue, rateAt);
        else run();
      };
    },
  };
}

interface SparseProduct {
  readonly a: Operand;
  readonly b: Operand;
  readonly out: Operand;
  readonly bias?: Operand | null;
  readonly rate?: Operand;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly epilogue: number;
}

const product: Lowering = (operation, tools) => {
  const { kernels } = tools;
  const floats = floatOperands(inputOf(operation, 'a'), inputOf(operation, 'b'), operation.outputs[0]);
  const bias = inputOf(operation, 'bias');
  const { activation = 'linear', ...transposed } = operation.attrs as unknown as MatMulOptions & { readonly activation?: Activation };
  if (!kernels || !floats || !takesActivation(activation)) return null;
  const [a, b, out] = floats;
  if (bias && sizeOf(bias.shape) !== out.shape[out.shape.length - 1]) return null;
  const { transposeA, transposeB } = transposed;
  const prepared = prepareMatMul(kernels, a.shape, b.shape, { transposeA, transposeB, bias: bias !== null, activation });
  const dense = loweredPrepared(prepared, bias ? [a, b, bias, out] : [a, b, out]);
  return bySparse(dense, tools, { a, b, out, bias, transposeA, transposeB, epilogue: activation === 'linear' ? 0 : EPILOGUE[activation] });
};

export const products: Readonly<Record<string, Lowering>> = {
  BatchMatMul: product,
  _FusedMatMul: product,
  [FUSED.descendByProduct](operation, tools) {
    const { kernels, heap } = tools;
    const [w, a, b, rate] = operation.inputs as readonly Operand[];
    const [out] = operation.outputs;
    const { transposeA, transposeB } = operation.attrs as unknown as MatMulOptions;
    if (!kernels) return null;
    const prepared = prepareMatMul(kernels, a.shape, b.shape, { transposeA, transposeB, descend: true });
    const descend = bySparse(loweredPrepared(prepared, [a, b, rate, out]), tools, { a, b, out, rate, transposeA, transposeB, epilogue: EPILOGUE.descend });
    return {
      ...descend,
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
