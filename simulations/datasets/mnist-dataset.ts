/** MNIST for simulations: whole, in shared memory. */
import { z } from 'zod';
import { defineDataset } from './dataset.ts';
import { readIdxSet } from './idx-set.ts';
import { mnistContract, mnistFile } from './mnist.ts';

export const mnistDataset = defineDataset({
  name: 'mnist',
  summary: 'handwritten digits, 60,000 to train on and 10,000 to test (LeCun et al. 1998)',
  config: z.strictObject({}),
  contract: (_config, options) => mnistContract(options),
  read: (_config, set) => readIdxSet({ images: mnistFile(set, 'images-idx3'), labels: mnistFile(set, 'labels-idx1') }, { height: 28, width: 28, classes: 10 }),
});
