/** The local step in plain numbers, as its formulas read: what toy trainers take, and what the one made of operations is held against. */
import type { TrainSettings } from '../../shared/model/trainer.ts';

/** One training's steps, from the weights that it begins at. Weights are float32, the arithmetic float64. */
export interface PlainStep {
  /** @returns the weights after a step against this gradient at `weights` */
  next(weights: Float32Array<ArrayBuffer>, gradient: ArrayLike<number>): Float32Array<ArrayBuffer>;
}

/** @param names of the weights, where some are frozen */
export function createPlainStep({ learningRate, optimizer = { name: 'sgd', momentum: 0, nesterov: false }, clipNorm, proximal, correction, frozen = [] }: TrainSettings, start: Float32Array, names: readonly string[] = []): PlainStep {
  const anchor = proximal?.anchor ?? start.slice();
  const strength = proximal?.strength ?? 0;
  const [first, second] = [new Float64Array(start.length), new Float64Array(start.length)];
  let steps = 0;

  /** What the weight moves against, per unit of the learning rate. */
  const turned = (g: number, i: number): number => {
    if (optimizer.name === 'sgd') {
      first[i] = optimizer.momentum * first[i] + g;
      return optimizer.nesterov ? g + optimizer.momentum * first[i] : first[i];
    }
    const { beta1, beta2, epsilon } = optimizer;
    first[i] = beta1 * first[i] + (1 - beta1) * g;
    second[i] = beta2 * second[i] + (1 - beta2) * g * g;
    return first[i] / (1 - beta1 ** steps) / (Math.sqrt(second[i] / (1 - beta2 ** steps)) + epsilon);
  };

  return {
    next(weights, gradient) {
      steps++;
      const stays = (i: number): boolean => frozen.includes(names[i]);
      const norm = Math.sqrt(Array.from(gradient).reduce((sum, g, i) => (stays(i) ? sum : sum + g * g), 0));
      const scale = clipNorm && norm > clipNorm ? clipNorm / norm : 1;
      return weights.map((w, i) => stays(i) ? w : w - learningRate * turned(scale * gradient[i] + (correction?.[i] ?? 0) + strength * (w - anchor[i]), i));
    },
  };
}
