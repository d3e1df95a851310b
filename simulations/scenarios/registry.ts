/** Every named scenario. A new one is one file and one line here. */
import type { ScenarioInput } from '../scenario/scenario.ts';
import { fedavg2nnIid } from './fedavg-2nn-iid.ts';

export const SCENARIOS: readonly ScenarioInput[] = [fedavg2nnIid];
