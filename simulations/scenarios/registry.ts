/** Every named scenario. A new one is one file and one line here. */
import type { AnyScenarioInput } from '../scenario/gossip-scenario.ts';
import { best2nnNoniid } from './best-2nn-noniid.ts';
import { FAIRNESS } from './fairness.ts';
import { fedavg2nnFaults } from './fedavg-2nn-faults.ts';
import { fedavg2nnIid } from './fedavg-2nn-iid.ts';
import { fedavg2nnNoniid } from './fedavg-2nn-noniid.ts';
import { fedavgCnnIid } from './fedavg-cnn-iid.ts';
import { fedavgCnnNoniid } from './fedavg-cnn-noniid.ts';
import { FEDBUFF_2NN } from './fedbuff-2nn.ts';
import { fedsgd2nnIid } from './fedsgd-2nn-iid.ts';
import { GOSSIP_CHOCO } from './gossip-choco.ts';
import { GOSSIP_D_PSGD } from './gossip-d-psgd.ts';
import { GOSSIP_EPIDEMIC } from './gossip-epidemic.ts';
import { gossipChurn, gossipLossy, gossipMesh, gossipPartition } from './gossip-faults.ts';
import { gossipFedavgIid, gossipFedavgNoniid } from './gossip-fedavg.ts';
import { GOSSIP_GROUP } from './gossip-group.ts';
import { GOSSIP_PUSH_SUM } from './gossip-push-sum.ts';
import { GOSSIP_STEPS } from './gossip-steps.ts';
import { HETEROGENEOUS } from './heterogeneous.ts';
import { PERSONAL } from './personal.ts';
import { phonesByDay } from './phones-by-day.ts';
import { ROBUST_SCENARIOS, robustScenario } from './robust-cells.ts';
import { selectionOort } from './selection-oort.ts';
import { selectionPowerOfChoice } from './selection-power-of-choice.ts';
import { selectionTifl } from './selection-tifl.ts';
import { selectionUniform } from './selection-uniform.ts';
import { SERVER_OPTIMIZERS } from './server-optimizers.ts';
import { STATISTICS } from './statistics-mnist.ts';

export const SCENARIOS: readonly AnyScenarioInput[] = [
  fedavg2nnIid,
  fedavg2nnNoniid,
  best2nnNoniid,
  fedavgCnnIid,
  fedavgCnnNoniid,
  fedsgd2nnIid,
  fedavg2nnFaults,
  ...FEDBUFF_2NN,
  selectionUniform,
  selectionOort,
  selectionPowerOfChoice,
  selectionTifl,
  phonesByDay,
  ...SERVER_OPTIMIZERS,
  ...HETEROGENEOUS,
  ...FAIRNESS,
  ...PERSONAL,
  ...STATISTICS,
  gossipFedavgIid,
  gossipFedavgNoniid,
  ...GOSSIP_D_PSGD,
  ...GOSSIP_PUSH_SUM,
  ...GOSSIP_EPIDEMIC,
  ...GOSSIP_CHOCO,
  ...GOSSIP_STEPS,
  ...GOSSIP_GROUP,
  gossipMesh,
  gossipChurn,
  gossipPartition,
  gossipLossy,
  ...ROBUST_SCENARIOS,
];

/** Scenarios of which there are too many to be listed, by their names; null: none of that name. */
export const findInFamily = (name: string): AnyScenarioInput | null => robustScenario(name);
