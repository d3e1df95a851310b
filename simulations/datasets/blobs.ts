/**
 * Gaussian blobs: a class is a cloud about its centre, and each owner sees all of them shifted by a drift of its own. Made in
 * an instant, learned by a small linear model in a few rounds: for what is not about learning.
 */
import { z } from 'zod';
import { createRandom } from '../../shared/random.ts';
import { defineDataset } from './dataset.ts';
import { madeContract, makeSet } from './made-table.ts';

export const blobsDataset = defineDataset({
  name: 'blobs',
  summary: 'a Gaussian cloud for each class, shifted a little for each owner',
  config: z.strictObject({
    owners: z.int().min(1).max(1_000_000).default(100),
    examplesPerOwner: z.int().min(1).max(1_000_000).default(20),
    testExamples: z.int().min(1).max(1_000_000).default(1_000),
    features: z.int().min(1).max(10_000).default(8),
    classes: z.int().min(2).max(1_000).default(4),
    /** How far centres lie from the origin, on average of squares, in deviations of a cloud. */
    separation: z.number().positive().default(4),
    /** The same of an owner's shift. 0: all owners alike. */
    drift: z.number().min(0).default(0.5),
    seed: z.int().default(1),
  }),
  contract: (config) => madeContract(config),
  async read({ owners, examplesPerOwner, testExamples, features, classes, separation, drift, seed }, set) {
    const root = createRandom(seed);
    const centre = root.fork('centres');
    const centres = Float64Array.from({ length: classes * features }, () => (separation / Math.sqrt(features)) * centre.normal());
    // The test set is of all owners alike, the first ones hold one more where it does not come out even.
    const sizes = Array.from({ length: owners }, (_, owner) => (set === 'train' ? examplesPerOwner : Math.floor((testExamples + owners - 1 - owner) / owners)));
    return makeSet(sizes, features, (owner) => {
      const own = root.fork(`owner ${owner}`);
      const shift = Float64Array.from({ length: features }, () => (drift / Math.sqrt(features)) * own.normal());
      const random = root.fork(`${set} ${owner}`);
      return (inputs, offset, which) => {
        // In turn, not drawn: every owner holds every class, and all classes are as frequent but for one example an owner.
        const label = (owner + which) % classes;
        for (let j = 0; j < features; j++) inputs[offset + j] = centres[label * features + j] + shift[j] + random.normal();
        return label;
      };
    });
  },
});
