/** Whether a task's model can be built and fits the task's data: every problem with the path of the field that causes it. */
import { serialization } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { isMurmurError } from '../errors.ts';
import { classesOf, inputShapeOf } from '../task/data-contract.ts';
import { lastLayerOf, withModelOnCpu, type BuiltModel, type ModelSpec } from './build-model.ts';
import { everyLayer } from './every-layer.ts';
import { zeroWeights } from './initial-weights.ts';
import { layersOf, type Topology } from './topology.ts';

export interface ModelProblem {
  /** A path into the TaskSpec, as `model.topology.config.layers.2.class_name`. */
  readonly path: string;
  readonly message: string;
}

/** Empty when the model is fine. */
export async function checkModel(spec: ModelSpec): Promise<readonly ModelProblem[]> {
  const unknown = unknownClasses(spec.model.topology);
  if (unknown.length > 0) return unknown;
  try {
    return await withModelOnCpu(spec, zeroWeights, (model) => fitProblems(spec, model));
  } catch (thrown) {
    if (!isMurmurError(thrown, 'bad_task_spec') && !isMurmurError(thrown, 'bad_layout')) throw thrown;
    const message = thrown.message.replace(/^model\.topology: /, '');
    return [{ path: await culprit(spec), message }];
  }
}

/** Layers of a class that tfjs-layers does not have, wherever they stand. */
function unknownClasses(topology: Topology): ModelProblem[] {
  const known = serialization.SerializationMap.getMap().classNameMap;
  const problems: ModelProblem[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { class_name: name, config } = node as { class_name?: unknown; config?: { layer?: unknown } };
    if (typeof name !== 'string') {
      problems.push({ path: `${path}.class_name`, message: 'a layer needs a class_name' });
      return;
    }
    if (!(name in known)) problems.push({ path: `${path}.class_name`, message: `no layer is called ${name}; TensorFlow.js layers are spelt as in Keras: Dense, Conv2D, MaxPooling2D, LSTM, …` });
    const listed = Array.isArray(config) ? `${path}.config` : `${path}.config.layers`;
    layersOf(node).forEach((layer, i) => visit(layer, `${listed}.${i}`));
    if (config?.layer !== undefined) visit(config.layer, `${path}.config.layer`);
  };
  visit(topology, 'model.topology');
  return problems;
}

/** For a Sequential: the first layer with which the model cannot be built. */
async function culprit(spec: ModelSpec): Promise<string> {
  const { topology } = spec.model;
  const layers = layersOf(topology);
  if (topology.class_name !== 'Sequential' || Array.isArray(topology.config)) return 'model.topology';
  for (let count = 1; count <= layers.length; count++) {
    const shorter = { ...topology, config: { ...(topology.config as object), layers: layers.slice(0, count) } };
    const builds = await withModelOnCpu({ ...spec, model: { ...spec.model, topology: shorter } }, zeroWeights, () => true).catch(() => false);
    if (!builds) return `model.topology.config.layers.${count - 1}`;
  }
  return 'model.topology';
}

const shown = (shape: readonly (number | null)[]): string => `[${shape.map((dimension) => dimension ?? 'any').join(', ')}]`;

function fitProblems(spec: ModelSpec, model: BuiltModel): ModelProblem[] {
  const { layersModel } = model;
  const problems: ModelProblem[] = [];
  const add = (message: string, path = 'model.topology'): void => void problems.push({ path, message });
  if (layersModel.inputs.length !== 1 || layersModel.outputs.length !== 1) {
    add(`the model has ${layersModel.inputs.length} inputs and ${layersModel.outputs.length} outputs; it must have one of each`);
    return problems;
  }
  const [batch, ...input] = layersModel.inputs[0].shape;
  const expected = inputShapeOf(spec.data);
  if (batch !== null) add(`the input fixes the batch size to ${batch}; leave it open (null), as the last batch of an epoch may be smaller`);
  if (input.length !== expected.length || input.some((dimension, i) => dimension !== null && dimension !== expected[i])) {
    add(`the input has the shape ${shown(input)}, but the data contract gives ${shown(expected)}`);
  }
  if (model.trainable.length === 0) add('the model has no weight that can be trained');
  for (const layer of everyLayer(layersModel)) {
    // A model is stateful when a layer of it is: the layer is named, once.
    if ((layer as { stateful?: boolean }).stateful === true && !('layers' in layer)) {
      add(`the layer ${layer.name} is stateful; examples are shuffled, so no state can pass from batch to batch`);
    }
  }
  problems.push(...outputProblems(spec, model, layersModel));
  return problems;
}

function outputProblems(spec: ModelSpec, model: BuiltModel, layersModel: LayersModel): ModelProblem[] {
  const { loss } = spec.model;
  const classes = classesOf(spec.data);
  const output = layersModel.outputs[0].shape.slice(1);
  const units = output[output.length - 1];
  const wrongOutput = (message: string): ModelProblem[] => [{ path: 'model.topology', message }];
  const wrongLoss = (message: string): ModelProblem[] => [{ path: 'model.loss', message }];
  if (classes === null) {
    if (loss === 'categoricalCrossentropy') return wrongLoss('the label is a number, which categoricalCrossentropy cannot compare; use meanSquaredError');
    return output.length === 1 && units === 1 ? [] : wrongOutput(`the output has the shape ${shown(output)}; for one number as label it must be [1]`);
  }
  const oneForTwo = loss !== 'categoricalCrossentropy' && classes.length === 2 && units === 1;
  if (output.length !== 1 || (units !== classes.length && !oneForTwo)) {
    const also = loss !== 'categoricalCrossentropy' && classes.length === 2 ? ' (or [1])' : '';
    return wrongOutput(`the output has the shape ${shown(output)}; for ${classes.length} classes and ${loss} it must be [${classes.length}]${also}`);
  }
  // What we cannot see through (a Softmax layer of its own, a custom end) is the author's business.
  const ending = lastLayerOf(layersModel)?.getClassName();
  const plain = ending === 'Dense' || ending === 'Activation';
  if (loss === 'categoricalCrossentropy' && plain && model.head !== 'softmax') return wrongOutput('categoricalCrossentropy compares probabilities: the last layer must have the activation softmax');
  if (loss === 'binaryCrossentropy' && plain && model.head !== 'sigmoid' && model.head !== 'softmax') return wrongOutput('binaryCrossentropy compares probabilities: the last layer must have the activation sigmoid');
  return [];
}
