/**
 * A recurrent classifier of sequences of numbers (GRU: Cho et al. 2014; LSTM: Hochreiter and Schmidhuber 1997), softmax. The
 * sequence comes flat, step after step: an image whose rows are read one after the other, a window of measurements.
 */
import type { Topology } from '../../shared/model/topology.ts';

export interface RowRnnOptions {
  /** Steps of one sequence. */
  readonly steps: number;
  /** Numbers at each step. */
  readonly features: number;
  readonly classes: number;
  readonly cell: 'GRU' | 'LSTM';
  readonly units?: number;
}

export function rowRnn({ steps, features, classes, cell, units = 64 }: RowRnnOptions): Topology {
  return {
    class_name: 'Sequential',
    config: {
      name: `rows_${cell.toLowerCase()}`,
      layers: [
        { class_name: 'Reshape', config: { name: 'steps', batch_input_shape: [null, steps * features], target_shape: [steps, features] } },
        // The sigmoid of the papers: tfjs would take a piecewise linear one.
        { class_name: cell, config: { name: cell.toLowerCase(), units, recurrent_activation: 'sigmoid', return_sequences: false, ...(cell === 'LSTM' ? { unit_forget_bias: true } : {}) } },
        { class_name: 'Dense', config: { name: 'output', units: classes, activation: 'softmax' } },
      ],
    },
  };
}
