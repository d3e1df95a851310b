/** The 2NN of the FedAvg paper (McMahan et al. 2017): 784-200-200-10, 199,210 parameters. Takes flat images. */
import type { Topology } from '../../shared/model/topology.ts';
import { denseNet } from './dense-net.ts';

export function mlp2nn(options: { readonly inputs?: number; readonly classes?: number } = {}): Topology {
  const { inputs = 784, classes = 10 } = options;
  return denseNet({ name: '2nn', inputs, hidden: [200, 200], classes });
}
