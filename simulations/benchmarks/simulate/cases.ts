/**
 * Names of the cases: `1000x1k` is 1,000 clients that learn nothing and a model of 1,000 parameters, all of them in each round;
 * `registered-100k` is a population of which few are there; `2nn` is the FedAvg paper's; `gossip 1000x1k` is as many peers, four
 * neighbours each, that learn nothing and mix.
 */
import { MurmurError } from '../../../shared/errors.ts';
import { parseRoundCase } from '../round/cases.ts';
import { parseGossipScenario, type AnyScenario } from '../../scenario/gossip-scenario.ts';
import { parseScenario, type Scenario } from '../../scenario/scenario.ts';
import { RANDOM_4 } from '../../scenarios/gossip-cells.ts';
import { fedavg2nnIid } from '../../scenarios/fedavg-2nn-iid.ts';

export interface SimulateCase {
  readonly scenario: AnyScenario;
  /** Edges that enrolled and took part once, and are not there. */
  readonly registered: number;
  /** Rounds before the measured ones: the engine has compiled by then what it will compile. */
  readonly warmUp: number;
}

/** From so many parameters on, reports are what was prepared, and are not journaled: the wire and the merge are what is measured. */
const LARGE = 1_000_000;

const GOSSIP = 'gossip ';
const GOSSIP_WARM_UP = 10;

/** @throws bad_usage */
export function parseSimulateCase(name: string, rounds: number): SimulateCase {
  if (name === '2nn') return { scenario: parseScenario({ ...fedavg2nnIid, target: null, rounds: rounds + 3 }), registered: 0, warmUp: 3 };
  if (name === 'registered-100k') return { scenario: trivial({ edges: 1000, parameters: 1000, asked: 100, rounds: rounds + 30 }), registered: 99_000, warmUp: 30 };
  const isGossip = name.startsWith(GOSSIP);
  const { edges, parameters } = shapeOf(isGossip ? name.slice(GOSSIP.length) : name);
  if (isGossip) return { scenario: mixing({ edges, parameters, rounds: rounds + GOSSIP_WARM_UP }), registered: 0, warmUp: GOSSIP_WARM_UP };
  const warmUp = edges * parameters >= 10_000_000 ? 4 : Math.min(50, Math.max(10, Math.ceil(10_000 / edges)));
  return { scenario: trivial({ edges, parameters, asked: edges, rounds: rounds + warmUp }), registered: 0, warmUp };
}

function shapeOf(name: string): { readonly edges: number; readonly parameters: number } {
  try {
    return parseRoundCase(name);
  } catch (cause) {
    throw new MurmurError('bad_usage', `${JSON.stringify(name)} is no case: EDGESxPARAMETERS is expected, as 100x1k or 100x1M, or gossip EDGESxPARAMETERS, or registered-100k, or 2nn`, { cause });
  }
}

function trivial({ edges, parameters, asked, rounds }: { readonly edges: number; readonly parameters: number; readonly asked: number; readonly rounds: number }): Scenario {
  const isLarge = parameters >= LARGE;
  return parseScenario({
    ...fedavg2nnIid,
    name: 'bench', data: null, target: null, edges, rounds,
    training: { kind: 'trivial', parameters, examples: 100 },
    task: {
      ...fedavg2nnIid.task,
      ...(isLarge ? { algorithm: { name: 'fedsgd', server: { name: 'sgd', learningRate: 1 } } } : {}),
      round: { goal: asked, minimum: asked, overSelection: 1, selectionSeconds: 60 },
      privacy: { journal: !isLarge },
    },
  });
}

function mixing({ edges, parameters, rounds }: { readonly edges: number; readonly parameters: number; readonly rounds: number }): AnyScenario {
  const { model, data } = fedavg2nnIid.task;
  return parseGossipScenario({
    name: 'bench', edges, rounds,
    training: { kind: 'trivial', parameters, examples: 100 },
    task: { mode: 'gossip', model, data, algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.1 }, gossip: { way: { name: 'd-psgd' }, topology: RANDOM_4, minimumPeers: edges, evaluateEvery: 0 } },
  });
}
