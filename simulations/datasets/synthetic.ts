/**
 * Synthetic(alpha, beta) of Li et al., "Federated optimization in heterogeneous networks", 2020 (FedProx): owner k labels
 * its examples by a linear model of its own, argmax(W x + b), the entries of W and b from N(u, 1) with u from N(0, alpha):
 * alpha says how much the models differ. x comes from N(v, Σ), Σ diagonal with j^−1.2 at place j, the entries of v from
 * N(B, 1) with B from N(0, beta): beta says how much the data differ. The second parameter of N is a variance throughout.
 */
import { z } from 'zod';
import { createRandom } from '../../shared/random.ts';
import { defineDataset } from './dataset.ts';
import { madeContract, makeSet } from './made-table.ts';

export const syntheticDataset = defineDataset({
  name: 'synthetic',
  summary: "synthetic(alpha, beta): each owner's labels by a linear model of its own (Li et al. 2020)",
  config: z.strictObject({
    alpha: z.number().min(0).default(1),
    beta: z.number().min(0).default(1),
    /** 30 in the paper. */
    owners: z.int().min(1).max(1_000_000).default(30),
    /** `lognormal`: 50 and a lognormal draw (4, 2) more, so that few owners hold most, as the paper's authors have it. */
    examplesPerOwner: z.union([z.literal('lognormal'), z.int().min(2).max(1_000_000)]).default('lognormal'),
    features: z.int().min(1).max(10_000).default(60),
    classes: z.int().min(2).max(1_000).default(10),
    seed: z.int().default(1),
  }),
  contract: (config) => madeContract(config),
  async read({ alpha, beta, owners, examplesPerOwner, features, classes, seed }, set) {
    const root = createRandom(seed);
    // A source for each owner: how many there are besides changes none of its examples.
    const sizes = Array.from({ length: owners }, (_, owner) => {
      const all = examplesPerOwner === 'lognormal' ? 50 + Math.floor(Math.exp(4 + 2 * root.fork(`size ${owner}`).normal())) : examplesPerOwner;
      // Nine tenths to train on, as in the paper.
      const train = Math.floor(0.9 * all);
      return set === 'train' ? train : all - train;
    });
    const deviations = Float64Array.from({ length: features }, (_, j) => (j + 1) ** -0.6);
    return makeSet(sizes, features, (owner) => {
      const model = root.fork(`owner ${owner}`);
      const u = Math.sqrt(alpha) * model.normal();
      const B = Math.sqrt(beta) * model.normal();
      const W = Float64Array.from({ length: classes * features }, () => u + model.normal());
      const b = Float64Array.from({ length: classes }, () => u + model.normal());
      const v = Float64Array.from({ length: features }, () => B + model.normal());
      const random = root.fork(`${set} ${owner}`);
      return (inputs, offset) => {
        for (let j = 0; j < features; j++) inputs[offset + j] = v[j] + deviations[j] * random.normal();
        let label = 0;
        let greatest = -Infinity;
        for (let c = 0; c < classes; c++) {
          let score = b[c];
          for (let j = 0; j < features; j++) score += W[c * features + j] * inputs[offset + j];
          if (score > greatest) [label, greatest] = [c, score];
        }
        return label;
      };
    });
  },
});
