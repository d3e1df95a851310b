/** A topology as its author wrote it, made unambiguous before it becomes a model. */

interface Node {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** The form of `TaskSpec.model.topology`: what `model.toJSON(null, false)` gives. */
export type Topology = Readonly<Record<string, unknown>> & { readonly class_name: string; readonly config: unknown };

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).class_name === 'string' && typeof (value as Node).config === 'object' && (value as Node).config !== null;
}

/**
 * A copy in which nothing is left to chance. Every layer has a name: those that had none are
 * called by class and number in order (`dense`, `dense_1`); tfjs would number them by a counter
 * of the process, and the same topology would get other names at its second build. The first
 * layer of a Sequential that says nothing of its input gets `inputShape`, the task's.
 */
export function completeTopology(topology: Topology, inputShape: readonly number[]): Topology {
  const taken = new Set<string>();
  collectNames(topology, taken);
  return nameNode(withInputShape(topology, inputShape), taken) as Topology;
}

function withInputShape(topology: Topology, inputShape: readonly number[]): Topology {
  const [first, ...rest] = layersOf(topology);
  if (topology.class_name !== 'Sequential' || !isNode(first) || first.class_name === 'InputLayer' || layersOf(first).length > 0) return topology;
  if (['batch_input_shape', 'batchInputShape', 'input_shape', 'inputShape'].some((key) => first.config[key] != null)) return topology;
  const layers = [{ ...first, config: { ...first.config, batch_input_shape: [null, ...inputShape] } }, ...rest];
  return { ...topology, config: Array.isArray(topology.config) ? layers : { ...(topology.config as object), layers } };
}

/** The layers listed in a model's config; none for a plain layer. */
export function layersOf(node: unknown): readonly unknown[] {
  if (!isNode(node)) return [];
  const listed = Array.isArray(node.config) ? (node.config as readonly unknown[]) : node.config.layers;
  return Array.isArray(listed) ? (listed as readonly unknown[]) : [];
}

function collectNames(node: unknown, taken: Set<string>): void {
  if (!isNode(node)) return;
  if (typeof node.config.name === 'string') taken.add(node.config.name);
  for (const layer of [...layersOf(node), node.config.layer]) collectNames(layer, taken);
}

function nameNode(node: unknown, taken: Set<string>): unknown {
  if (!isNode(node)) return node;
  const named = (config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
    if (typeof config.name === 'string') return config;
    const base = node.class_name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
    let name = base;
    for (let n = 1; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    return { ...config, name };
  };
  // Keras 1 wrote a Sequential's layers straight into `config`.
  if (Array.isArray(node.config)) return { ...node, config: (node.config as unknown[]).map((layer) => nameNode(layer, taken)) };
  const config: Record<string, unknown> = { ...named(node.config) };
  if (Array.isArray(config.layers)) config.layers = (config.layers as unknown[]).map((layer) => nameNode(layer, taken));
  if (isNode(config.layer)) config.layer = nameNode(config.layer, taken);
  return { ...node, config };
}
