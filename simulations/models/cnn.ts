/**
 * The CNN of the FedAvg paper (McMahan et al. 2017): two 5×5 convolutions (32 and 64 channels,
 * each followed by 2×2 max pooling), a layer of 512, softmax; 1,663,370 parameters.
 */
import type { Topology } from '../../shared/model/topology.ts';

export function cnn(options: { readonly height?: number; readonly width?: number; readonly channels?: number; readonly classes?: number } = {}): Topology {
  const { height = 28, width = 28, channels = 1, classes = 10 } = options;
  const glorot = { kernel_initializer: { class_name: 'GlorotUniform', config: {} } };
  const conv = (name: string, filters: number, first: object = {}): object => ({
    class_name: 'Conv2D',
    config: { name, ...first, filters, kernel_size: [5, 5], strides: [1, 1], padding: 'same', activation: 'relu', ...glorot },
  });
  const pool = (name: string): object => ({ class_name: 'MaxPooling2D', config: { name, pool_size: [2, 2], strides: [2, 2], padding: 'valid' } });
  return {
    class_name: 'Sequential',
    config: {
      name: 'cnn',
      layers: [
        conv('conv_1', 32, { batch_input_shape: [null, height, width, channels] }),
        pool('pool_1'),
        conv('conv_2', 64),
        pool('pool_2'),
        { class_name: 'Flatten', config: { name: 'flatten' } },
        { class_name: 'Dense', config: { name: 'hidden', units: 512, activation: 'relu', ...glorot } },
        { class_name: 'Dense', config: { name: 'output', units: classes, activation: 'softmax', ...glorot } },
      ],
    },
  };
}
