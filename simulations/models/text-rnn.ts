/** A small text classifier: word embedding, one recurrent layer (GRU: Cho et al. 2014; LSTM: Hochreiter and Schmidhuber 1997), softmax. */
import type { Topology } from '../../shared/model/topology.ts';

export interface TextRnnOptions {
  /** Word indices run below this: the vocabulary and the two reserved indices (padding, unknown). */
  readonly words: number;
  /** Words of one text. */
  readonly length: number;
  readonly classes: number;
  readonly cell?: 'GRU' | 'LSTM';
  readonly embedding?: number;
  readonly units?: number;
}

export function textRnn({ words, length, classes, cell = 'GRU', embedding = 16, units = 32 }: TextRnnOptions): Topology {
  return {
    class_name: 'Sequential',
    config: {
      name: `text_${cell.toLowerCase()}`,
      layers: [
        { class_name: 'Embedding', config: { name: 'embedding', batch_input_shape: [null, length], input_dim: words, output_dim: embedding, input_length: length } },
        // An LSTM that forgets nothing at first learns sooner (Jozefowicz et al. 2015); tfjs, unlike Keras, must be told.
        { class_name: cell, config: { name: cell.toLowerCase(), units, return_sequences: false, ...(cell === 'LSTM' ? { unit_forget_bias: true } : {}) } },
        { class_name: 'Dense', config: { name: 'output', units: classes, activation: 'softmax' } },
      ],
    },
  };
}
