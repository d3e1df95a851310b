/**
 * What becomes of a batch's gradient before the weights move by it: clipping, a constant correction, a pull towards an
 * anchor, momentum or Adam. Made of operations on variables that stay where they are, so that such a step is recorded and
 * replayed like a plain one. A training of plain SGD needs none of this and has no local step.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BuiltModel } from './build-model.ts';
import { keepInPlace, setValues } from './steady-weights.ts';
import { applyGradients } from './apply-gradients.ts';
import type { LocalOptimizer, TrainSettings } from './trainer.ts';

/** What a recorded step depends on; everything else that differs from one training to the next lies in variables. */
export interface StepKind {
  readonly optimizer: LocalOptimizer;
  readonly clipNorm: number | null;
  /** Strength of the pull; 0: none. */
  readonly pull: number;
  readonly corrected: boolean;
  /** Number of classes where they are weighed, otherwise 0. */
  readonly weighedClasses: number;
  /** Names of the weights that do not move. */
  readonly frozen: readonly string[];
}

export interface StepValues {
  /** layout.size values; null: the weights as they are now. */
  readonly anchor: Float32Array | null;
  readonly correction: Float32Array | null;
  readonly classWeights: Float32Array | null;
}

export interface LocalStep {
  /** All that it keeps in the backend, its place the same for as long as it lives. */
  readonly variables: readonly tf.Variable[];
  /** A weight for each class, or null. */
  readonly classWeights: tf.Variable | null;
  /** Before the first step of a training: the optimizer begins anew. */
  begin(values: StepValues): void;
  /** Moves the weights by gradients in the order of `model.trainable`, which the caller disposes. `rate`: a scalar of the backend. */
  move(gradients: readonly tf.Tensor[], rate: tf.Scalar): void;
  dispose(): void;
}

/** @returns null where plain SGD does it */
export function stepKindOf({ optimizer, clipNorm, classWeights, proximal, correction, frozen = [] }: TrainSettings, classes: number): StepKind | null {
  const plain = optimizer === undefined || (optimizer.name === 'sgd' && optimizer.momentum === 0);
  const kind: StepKind = {
    optimizer: plain ? { name: 'sgd', momentum: 0, nesterov: false } : optimizer,
    clipNorm: clipNorm ?? null,
    pull: proximal?.strength ?? 0,
    corrected: (correction ?? null) !== null,
    weighedClasses: (classWeights ?? null) === null ? 0 : classes,
    frozen,
  };
  return plain && kind.clipNorm === null && kind.pull === 0 && !kind.corrected && kind.weighedClasses === 0 && frozen.length === 0 ? null : kind;
}

export function createLocalStep(model: BuiltModel, kind: StepKind): LocalStep {
  const { optimizer, clipNorm, pull, corrected, weighedClasses } = kind;
  /** Places among the trainable weights of those that move. */
  const moving = model.trainable.flatMap(({ place }, i) => (kind.frozen.includes(model.layout.tensors[place].name) ? [] : [i]));
  const trained = moving.map((i) => model.trainable[i]);
  const variables: tf.Variable[] = [];
  const slot = (shape: readonly number[]): tf.Variable => {
    const zeros = tf.zeros([...shape]);
    const variable = tf.variable(zeros, false);
    zeros.dispose();
    keepInPlace(variable);
    variables.push(variable);
    return variable;
  };
  const slots = (): readonly tf.Variable[] => trained.map(({ variable }) => slot(variable.shape));
  const anchors = pull === 0 ? [] : slots();
  const corrections = corrected ? slots() : [];
  const moments = momentsOf(optimizer, slots, slot);
  const classWeights = weighedClasses > 0 ? slot([weighedClasses]) : null;
  /** A flat vector into slots, in the order of the weights that move. */
  const fill = (into: readonly tf.Variable[], values: Float32Array): void =>
    into.forEach((variable, i) => {
      const { offset, size } = model.layout.tensors[trained[i].place];
      setValues(variable, values.subarray(offset, offset + size));
    });

  /** What the correction and the pull add to each gradient, at the weights as they are. */
  const additions = (): readonly (readonly tf.Tensor[])[] => [
    ...(corrected ? [corrections] : []),
    ...(pull !== 0 ? [trained.map(({ variable }, i) => tf.mul(tf.sub(variable, anchors[i]), pull))] : []),
  ];

  return {
    variables,
    classWeights,
    begin(values) {
      moments?.begin();
      if (values.anchor !== null) fill(anchors, values.anchor);
      else anchors.forEach((anchor, i) => anchor.assign(trained[i].variable));
      if (values.correction !== null) fill(corrections, values.correction);
      if (classWeights && values.classWeights) setValues(classWeights, values.classWeights);
    },
    move: (gradients, rate) =>
      tf.tidy(() => {
        const own = moving.map((i) => gradients[i]);
        const clippedOwn = clipNorm === null ? own : clipped(own, clipNorm);
        const added = additions();
        if (moments === null) {
          // w − rate · added − rate · g: the gradient of a dense layer is then never in memory, as in a plain step.
          const from = trained.map(({ variable }, i) => added.reduce((base: tf.Tensor, of) => tf.sub(base, tf.mul(of[i], rate)), variable));
          applyGradients(trained, clippedOwn, rate, from);
        } else {
          const directions = clippedOwn.map((g, i) => added.reduce((sum, of) => tf.add(sum, of[i]), g));
          applyGradients(trained, moments.turn(directions), moments.rate(rate));
        }
      }),
    dispose: () => tf.dispose(variables),
  };
}

/** All together no longer than `most`: Pascanu et al. 2013. */
function clipped(gradients: readonly tf.Tensor[], most: number): readonly tf.Tensor[] {
  const square = gradients.map((g) => tf.sum(tf.square(g))).reduce((sum, part) => tf.add(sum, part));
  // A gradient of zeros makes it 1: the quotient is infinite.
  const factor = tf.minimum(1, tf.div(most, tf.sqrt(square)));
  return gradients.map((g) => tf.mul(g, factor));
}

interface Moments {
  begin(): void;
  /** From a direction for each weight to what the weights move against, times … */
  turn(directions: readonly tf.Tensor[]): readonly tf.Tensor[];
  /** … this, of the learning rate; asked behind `turn`. */
  rate(learningRate: tf.Scalar): tf.Scalar;
}

/** null: plain SGD has none. */
function momentsOf(optimizer: LocalOptimizer, slots: () => readonly tf.Variable[], slot: (shape: readonly number[]) => tf.Variable): Moments | null {
  const zero = (variables: readonly tf.Variable[]): void => variables.forEach((variable) => setValues(variable, new Float32Array(variable.size)));
  if (optimizer.name === 'sgd') {
    const { momentum, nesterov } = optimizer;
    if (momentum === 0) return null;
    const velocities = slots();
    return {
      begin: () => zero(velocities),
      turn: (directions) =>
        directions.map((g, i) => {
          const velocity = tf.add(tf.mul(velocities[i], momentum), g);
          velocities[i].assign(velocity);
          return nesterov ? tf.add(g, tf.mul(velocity, momentum)) : velocity;
        }),
      rate: (learningRate) => learningRate,
    };
  }
  const { beta1, beta2, epsilon } = optimizer;
  // The moments over 1 − β: two passes over the weights less. β₁ᵗ and β₂ᵗ in variables, since a step knows no number of its own.
  const [first, second] = [slots(), slots()];
  const [decay1, decay2] = [slot([]), slot([])];
  /** √(second · this²) is the root of the unbiased second moment. */
  const scale = (): tf.Tensor => tf.sqrt(tf.div(1 - beta2, tf.sub(1, decay2)));
  return {
    begin() {
      zero([...first, ...second]);
      for (const decay of [decay1, decay2]) setValues(decay, Float32Array.of(1));
    },
    turn(directions) {
      decay1.assign(tf.mul(decay1, beta1));
      decay2.assign(tf.mul(decay2, beta2));
      const least = tf.div(epsilon, scale());
      return directions.map((g, i) => {
        const m = tf.add(tf.mul(first[i], beta1), g);
        const v = tf.add(tf.mul(second[i], beta2), tf.square(g));
        first[i].assign(m);
        second[i].assign(v);
        return tf.div(m, tf.add(tf.sqrt(v), least));
      });
    },
    rate: (learningRate) => tf.div(tf.mul(learningRate, 1 - beta1), tf.mul(tf.sub(1, decay1), scale())),
  };
}
