/** What datasets that are made, not read, have in common: numeric columns x1, x2, …, a class, and owners. */
import { sharedFloats, sharedInts, type DataContractInput, type WholeSet } from './dataset.ts';

export function madeContract({ features, classes }: { readonly features: number; readonly classes: number }): DataContractInput {
  return {
    kind: 'table',
    features: Array.from({ length: features }, (_, i) => ({ type: 'numeric', column: `x${i + 1}` })),
    label: { type: 'categorical', column: 'class', values: Array.from({ length: classes }, (_, i) => String(i)) },
  };
}

/**
 * Owner by owner, in order of id. `fill` writes one example's features at `inputs[offset …]` and returns its class.
 * @param sizes examples of each owner.
 */
export function makeSet(sizes: readonly number[], features: number, fillerOf: (owner: number) => (inputs: Float32Array, offset: number, which: number) => number): WholeSet {
  const size = sizes.reduce((a, b) => a + b, 0);
  const inputs = sharedFloats(size * features);
  const labels = sharedInts(size);
  const owners = sharedInts(size);
  let row = 0;
  sizes.forEach((examples, owner) => {
    const fill = fillerOf(owner);
    for (let which = 0; which < examples; which++, row++) {
      labels[row] = fill(inputs, row * features, which);
      owners[row] = owner;
    }
  });
  return { size, inputs, labels, owners };
}
