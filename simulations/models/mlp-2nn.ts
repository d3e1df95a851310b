/** The 2NN of the FedAvg paper (McMahan et al. 2017): 784-200-200-10, 199,210 parameters. Takes flat images. */
import type { Topology } from '../../shared/model/topology.ts';

export function mlp2nn(options: { readonly inputs?: number; readonly classes?: number } = {}): Topology {
  const { inputs = 784, classes = 10 } = options;
  const dense = (name: string, units: number, activation: string, first: object = {}): object => ({
    class_name: 'Dense',
    config: { name, ...first, units, activation, kernel_initializer: { class_name: 'GlorotUniform', config: {} } },
  });
  return {
    class_name: 'Sequential',
    config: {
      name: '2nn',
      layers: [
        dense('hidden_1', 200, 'relu', { batch_input_shape: [null, inputs] }),
        dense('hidden_2', 200, 'relu'),
        dense('output', classes, 'softmax'),
      ],
    },
  };
}
