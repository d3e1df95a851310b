/** All layers of a model: wrappers, recurrent layers and models hold further ones. */

/** What one needs to know of a layer to find those within. */
export interface AnyLayer {
  readonly name: string;
  getClassName(): string;
}

interface Holder extends AnyLayer {
  readonly layers?: readonly Holder[];
  readonly cells?: readonly Holder[];
  readonly layer?: Holder;
  readonly forwardLayer?: Holder;
  readonly backwardLayer?: Holder;
  readonly cell?: Holder;
}

/** The layer and all within it, each once. */
export function everyLayer(root: AnyLayer): ReadonlySet<AnyLayer> {
  const seen = new Set<AnyLayer>();
  const visit = (layer: Holder | undefined): void => {
    if (!layer || seen.has(layer)) return;
    seen.add(layer);
    for (const inner of [...(layer.layers ?? []), ...(layer.cells ?? [])]) visit(inner);
    for (const inner of [layer.layer, layer.forwardLayer, layer.backwardLayer, layer.cell]) visit(inner);
  };
  visit(root);
  return seen;
}
