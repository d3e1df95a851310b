/** From a task's topology to a model that runs: its layout, its weights as one flat vector, its outputs. */
import * as tf from '@tensorflow/tfjs-core';
import { layers as layerFactory, models, Sequential, type layers, type LayersModel, type LayerVariable } from '@tensorflow/tfjs-layers';
import { MurmurError } from '../errors.ts';
import { createRandom } from '../random.ts';
import { inputShapeOf } from '../task/data-contract.ts';
import type { GossipTask } from '../task/task-spec.ts';
import { createLayout, createParameters, type Layout, type Parameters } from '../tensors/layout.ts';
import { onBackend, prepareBackend } from './backends.ts';
import { everyLayer } from './every-layer.ts';
import { seededWeights, zeroWeights, type WeightSource } from './initial-weights.ts';
import { seedModelNoise, type ModelNoise } from './model-noise.ts';
import { keepInPlace, setValues } from './steady-weights.ts';
import { completeTopology } from './topology.ts';

/** The parts of a task that decide what a model is; those of a federated one that has a model are the same. */
export type ModelSpec = Pick<GossipTask, 'model' | 'data'>;

/** What turns the last layer's sums into outputs; `other`: something that we do not take apart. */
export type Head = 'softmax' | 'sigmoid' | 'linear' | 'other';

export interface TrainableWeight {
  readonly variable: tf.Variable;
  readonly weight: LayerVariable;
  /** Index into the layout's tensors. */
  readonly place: number;
}

export interface BuiltModel {
  readonly layersModel: LayersModel;
  readonly layout: Layout;
  /** In the order of the layout. */
  readonly weights: readonly LayerVariable[];
  /** Those that gradients change; the others (running means, frozen layers) are part of the layout all the same. */
  readonly trainable: readonly TrainableWeight[];
  readonly head: Head;
  readonly noise: ModelNoise;
  /** True where an example's output in training depends on the others of its batch (batch normalisation). */
  readonly mixesBatch: boolean;
  /**
   * The model without its head: logits where `head` is softmax or sigmoid, outputs otherwise.
   * `x`: shape [n, ...input shape]. Made of operations alone: run it in a tidy.
   */
  forward(x: tf.Tensor, training: boolean): tf.Tensor;
  /** What the model predicts for x: `forward` with the head applied. */
  predict(x: tf.Tensor): tf.Tensor;
  /** @throws bad_layout when the vector does not have layout.size values. */
  setWeights(values: Float32Array): void;
  /** A copy, layout.size values. */
  getWeights(): Promise<Float32Array>;
  dispose(): void;
}

/**
 * Builds the model on the current backend, all weights zero: load a checkpoint before use.
 * @throws bad_task_spec saying what is wrong with `model.topology`.
 */
export async function buildModel(spec: ModelSpec): Promise<BuiltModel> {
  return wrapModel(await instantiate(spec, zeroWeights));
}

/**
 * The first checkpoint: what the topology's initializers say, those without a seed of their own
 * seeded from `model.seed`. Computed on `cpu`, so that it has the same bits whatever the backend.
 * @throws bad_task_spec
 */
export async function initialParameters(spec: ModelSpec): Promise<Parameters> {
  return withModelOnCpu(spec, seededWeights(createRandom(spec.model.seed).fork('initial weights')), (model) => {
    const values = new Float32Array(model.layout.size);
    model.weights.forEach((weight, i) => values.set(weight.read().dataSync(), model.layout.tensors[i].offset));
    return createParameters(model.layout, values);
  });
}

/** The layout of the model's weights: the same for each build, on each platform. @throws bad_task_spec */
export async function layoutOf(spec: ModelSpec): Promise<Layout> {
  return withModelOnCpu(spec, zeroWeights, (model) => model.layout);
}

/** Builds on `cpu`, leaves the current backend what it was, and frees the model. */
export async function withModelOnCpu<T>(spec: ModelSpec, source: WeightSource, use: (model: BuiltModel) => T): Promise<T> {
  await prepareBackend('cpu', { makeCurrent: false });
  const layersModel = await instantiate(spec, (build) => onBackend('cpu', () => source(build)));
  return onBackend('cpu', () => {
    let model: BuiltModel | undefined;
    try {
      model = wrapModel(layersModel);
      return use(model);
    } finally {
      (model ?? layersModel).dispose();
    }
  });
}

type TopologyJson = globalThis.Parameters<typeof models.modelFromJSON>[0];

async function instantiate(spec: ModelSpec, source: WeightSource): Promise<LayersModel> {
  const topology = completeTopology(spec.model.topology, inputShapeOf(spec.data));
  if (!['Sequential', 'Model', 'Functional'].includes(topology.class_name)) {
    throw wrongTopology(`class_name is ${topology.class_name}; it must be Sequential, Model or Functional`);
  }
  const before = new Set(Object.values(tf.engine().state.registeredVariables));
  try {
    // modelFromJSON does all of its work before it returns its promise (it waits for weights in
    // files only), so the weights' source is in place while the layers are built.
    return await source(() => models.modelFromJSON(topology as unknown as TopologyJson));
  } catch (thrown) {
    for (const variable of Object.values(tf.engine().state.registeredVariables)) if (!before.has(variable)) variable.dispose();
    throw wrongTopology(thrown instanceof Error ? thrown.message.split('\n', 1)[0] : String(thrown), thrown);
  }
}

function wrongTopology(message: string, cause?: unknown): MurmurError {
  return new MurmurError('bad_task_spec', `model.topology: ${message}`, { cause, details: [{ path: 'model.topology', message }] });
}

function wrapModel(layersModel: LayersModel): BuiltModel {
  const weights = layersModel.weights;
  const layout = layoutOfWeights(weights);
  const trainable = weights.flatMap((weight, place) => (weight.trainable ? [{ weight, place, variable: weight.read() as tf.Variable }] : []));
  for (const weight of weights) keepInPlace(weight.read() as tf.Variable);
  const head = takeHeadOff(layersModel);
  const chain = chainOf(layersModel);
  const forward = (x: tf.Tensor, training: boolean): tf.Tensor =>
    chain ? chain.reduce((value, layer) => layer.call(value, { training }) as tf.Tensor, x) : (layersModel.apply(x, { training }) as tf.Tensor);
  return {
    layersModel,
    layout,
    weights,
    trainable,
    head,
    noise: seedModelNoise(layersModel),
    mixesBatch: [...everyLayer(layersModel)].some((layer) => layer.getClassName() === 'BatchNormalization'),
    forward,
    predict: (x) =>
      tf.tidy(() => {
        const raw = forward(x, false);
        return head === 'softmax' ? tf.softmax(raw) : head === 'sigmoid' ? tf.sigmoid(raw) : raw;
      }),
    setWeights(values) {
      const { values: checked } = createParameters(layout, values);
      weights.forEach((weight, i) => {
        const { offset, size } = layout.tensors[i];
        setValues(weight.read() as tf.Variable, checked.subarray(offset, offset + size));
      });
    },
    async getWeights() {
      const values = new Float32Array(layout.size);
      const parts = await Promise.all(weights.map((weight) => weight.read().data()));
      parts.forEach((part, i) => values.set(part, layout.tensors[i].offset));
      return values;
    },
    dispose: () => void layersModel.dispose(),
  };
}

/** `layer/weight`, as TensorFlow.js names them in files; a repeated name gets a number. */
function layoutOfWeights(weights: readonly LayerVariable[]): Layout {
  const taken = new Set<string>();
  return createLayout(
    weights.map(({ originalName, shape, dtype }) => {
      if (dtype !== 'float32') throw wrongTopology(`the weight ${originalName} is ${dtype}; weights must be float32`);
      let name = originalName;
      for (let n = 1; taken.has(name); n++) name = `${originalName}_${n}`;
      taken.add(name);
      return { name, shape: shape as number[] };
    }),
  );
}

/** What this file touches of layers, whose types say less. */
type OpenLayer = layers.Layer & { activation?: { getClassName(): string }; inboundNodes: readonly unknown[]; maskZero?: boolean };

/**
 * Where the model ends in a softmax or sigmoid, that activation is taken off: losses computed
 * from logits are exact where probabilities underflow, and cost fewer operations.
 */
function takeHeadOff(model: LayersModel): Head {
  const last = lastLayerOf(model);
  if (!last || !['Dense', 'Activation'].includes(last.getClassName()) || last.inboundNodes.length !== 1) return 'other';
  const name = last.activation?.getClassName() ?? 'linear';
  if (name === 'linear') return 'linear';
  if (name !== 'softmax' && name !== 'sigmoid') return 'other';
  last.activation = (layerFactory.activation({ activation: 'linear' }) as OpenLayer).activation;
  return name;
}

export function lastLayerOf(model: LayersModel): OpenLayer | null {
  if (model instanceof Sequential) return (model.layers.at(-1)) ?? null;
  const outputs = (model as unknown as { outputLayers: OpenLayer[] }).outputLayers;
  return outputs.length === 1 ? outputs[0] : null;
}

/** The layers to call one after the other, where the model is such a chain and no mask travels along it; otherwise null. */
function chainOf(model: LayersModel): readonly OpenLayer[] | null {
  if (!(model instanceof Sequential)) return null;
  const chain = model.layers as OpenLayer[];
  const simple = chain.every((layer) => !(layer instanceof Sequential) && layer.getClassName() !== 'Masking' && layer.maskZero !== true && !('layers' in layer));
  return simple ? chain : null;
}
