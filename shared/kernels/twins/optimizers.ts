/**
 * Steps of the server optimizers against g = scale · direction, in plain TypeScript: what the SIMD kernels compute, to the
 * bit. Weights, direction, m and v are float32, the arithmetic is float64, and what is kept is used as it was kept.
 * `count` is even. Sources: Polyak 1964 (momentum), Duchi et al. 2011, Kingma and Ba 2015, Zaheer et al. 2018, in the
 * forms that Reddi et al. 2021 ("Adaptive Federated Optimization") give for the server: no correction of the bias.
 */
import type { KernelMemory } from '../memory.ts';

export interface OptimizerKernels {
  /** w ← w − rate · direction. */
  stepSgd(w: number, direction: number, count: number, rate: number): void;
  /** m ← momentum · m + g; w ← w − rate · m. */
  stepMomentum(w: number, direction: number, m: number, count: number, scale: number, rate: number, momentum: number): void;
  /** v ← v + g²; w ← w − rate · g / (√v + ε). */
  stepAdagrad(w: number, direction: number, v: number, count: number, scale: number, rate: number, epsilon: number): void;
  /** m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − rate · m / (√v + ε). */
  stepAdam(w: number, direction: number, m: number, v: number, count: number, scale: number, rate: number, beta1: number, beta2: number, epsilon: number): void;
  /** As Adam, but v ← v − (1 − β₂) · sign(v − g²) · g². */
  stepYogi(w: number, direction: number, m: number, v: number, count: number, scale: number, rate: number, beta1: number, beta2: number, epsilon: number): void;
}

export function optimizerTwins(memory: KernelMemory): OptimizerKernels {
  const floats = (address: number, count: number): Float32Array => new Float32Array(memory.buffer, address, count);
  return {
    stepSgd(w, direction, count, rate) {
      const [weights, gradients] = [floats(w, count), floats(direction, count)];
      for (let i = 0; i < count; i++) weights[i] -= rate * gradients[i];
    },
    stepMomentum(w, direction, m, count, scale, rate, momentum) {
      const [weights, gradients, velocity] = [floats(w, count), floats(direction, count), floats(m, count)];
      for (let i = 0; i < count; i++) {
        velocity[i] = momentum * velocity[i] + scale * gradients[i];
        weights[i] -= rate * velocity[i];
      }
    },
    stepAdagrad(w, direction, v, count, scale, rate, epsilon) {
      const [weights, gradients, second] = [floats(w, count), floats(direction, count), floats(v, count)];
      for (let i = 0; i < count; i++) {
        const g = scale * gradients[i];
        second[i] += g * g;
        weights[i] -= (rate * g) / (Math.sqrt(second[i]) + epsilon);
      }
    },
    stepAdam(w, direction, m, v, count, scale, rate, beta1, beta2, epsilon) {
      const [weights, gradients, first, second] = [floats(w, count), floats(direction, count), floats(m, count), floats(v, count)];
      for (let i = 0; i < count; i++) {
        const g = scale * gradients[i];
        first[i] = beta1 * first[i] + (1 - beta1) * g;
        second[i] = beta2 * second[i] + (1 - beta2) * (g * g);
        weights[i] -= (rate * first[i]) / (Math.sqrt(second[i]) + epsilon);
      }
    },
    stepYogi(w, direction, m, v, count, scale, rate, beta1, beta2, epsilon) {
      const [weights, gradients, first, second] = [floats(w, count), floats(direction, count), floats(m, count), floats(v, count)];
      for (let i = 0; i < count; i++) {
        const g = scale * gradients[i];
        const square = g * g;
        first[i] = beta1 * first[i] + (1 - beta1) * g;
        second[i] -= (1 - beta2) * Math.sign(second[i] - square) * square;
        weights[i] -= (rate * first[i]) / (Math.sqrt(second[i]) + epsilon);
      }
    },
  };
}
