/** The table of lowerings: kernels that are called by address and with numbers alone. What has none here goes the general way. */
import { lowerGenerally } from './general.ts';
import { arithmetic } from './lowerings/arithmetic.ts';
import { convolutions } from './lowerings/convolutions.ts';
import { copying } from './lowerings/copies.ts';
import { products } from './lowerings/products.ts';
import { rows } from './lowerings/rows.ts';
import { straightCalls } from './lowerings/tfjs.ts';
import { lowered, type Lowered, type Lowering, type LoweringTools } from './lowering.ts';
import type { Operation } from './program.ts';

const lowerings: Readonly<Record<string, Lowering>> = { ...arithmetic, ...rows, ...copying, ...products, ...convolutions, ...straightCalls };

export function lower(operation: Operation, tools: LoweringTools): Lowered {
  if (operation.type === 'assignment') {
    const { to, from } = operation;
    const { heap } = tools;
    return lowered((at) => {
      const [target, source] = [at({ ...from, value: to, offset: 0 }), at(from)];
      const end = source + to.elements * 4;
      return () => heap.wasm.HEAPU8.copyWithin(target, source, end);
    });
  }
  return lowerings[operation.kernel]?.(operation, tools) ?? lowerGenerally(operation, tools);
}
