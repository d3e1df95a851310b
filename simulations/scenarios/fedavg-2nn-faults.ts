import type { ScenarioInput } from '../scenario/scenario.ts';
import { fedavg2nnIid } from './fedavg-2nn-iid.ts';

/** The paper's 2NN while everything breaks that can, by rates that nobody would put up with: a round takes a fifth of a virtual second. */
export const fedavg2nnFaults: ScenarioInput = {
  ...fedavg2nnIid,
  name: 'fedavg-2nn-faults',
  description: 'fedavg-2nn-iid while everything breaks: one message in fifty is lost, late, doubled, garbled or cut, edges and the coordinator die, its disk fails and is full, clocks are wrong',
  task: { ...fedavg2nnIid.task, round: { ...fedavg2nnIid.task.round, minimum: 8, overSelection: 1.3, reportingSeconds: 60 } },
  faults: {
    messages: { drop: 0.004, duplicate: 0.004, delay: 0.004, corrupt: 0.004, cut: 0.004 },
    edges: { crashesPerHour: 60, downSeconds: 2, cutsPerHour: 60, clockSeconds: 600, clockDrift: 0.001 },
    coordinator: { crashesPerHour: 1200, downSeconds: 1, clockSeconds: -3600 },
    disk: { failuresPerHour: 600, fullPerHour: 300, fullSeconds: 0.5 },
  },
};
