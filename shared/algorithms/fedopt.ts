/**
 * FedAvg under the names and with the server optimizers of Reddi, Charles, Zaheer, Garrett, Rush, Konečný, Kumar, McMahan
 * 2021, "Adaptive Federated Optimization" (FedAdagrad, FedAdam, FedYogi, algorithm 2), and Hsu, Qi, Brown 2019 (FedAvgM).
 * Each is `fedavg` with that `server`, whose settings begin at the papers' own.
 */
import type { z } from 'zod';
import type { Algorithm } from './algorithm.ts';
import { fedavg } from './fedavg.ts';
import { localConfig } from './local-update.ts';
import { AdagradConfig } from './optimizers/adagrad.ts';
import { AdamConfig } from './optimizers/adam.ts';
import { SgdConfig } from './optimizers/sgd.ts';
import { YogiConfig } from './optimizers/yogi.ts';

function preset<Config extends z.infer<typeof fedavg.config>>(name: string, summary: string, config: z.ZodType<Config>): Algorithm<Config> {
  return { ...fedavg, name, summary, config };
}

export const fedavgm = preset('fedavgm', 'Federated averaging with momentum at the server (Hsu, Qi, Brown 2019)', localConfig({ server: SgdConfig.prefault({ name: 'sgd', momentum: 0.9 }) }));
export const fedadagrad = preset('fedadagrad', 'Federated averaging with Adagrad at the server (Reddi et al. 2021)', localConfig({ server: AdagradConfig.prefault({ name: 'adagrad' }) }));
export const fedadam = preset('fedadam', 'Federated averaging with Adam at the server (Reddi et al. 2021)', localConfig({ server: AdamConfig.prefault({ name: 'adam' }) }));
export const fedyogi = preset('fedyogi', 'Federated averaging with Yogi at the server (Reddi et al. 2021)', localConfig({ server: YogiConfig.prefault({ name: 'yogi' }) }));
