/**
 * The cells of docs/results-robust.md, `robust-RULE` and `robust-RULE-ATTACK-PERCENT`: 50 edges on MNIST, Dirichlet(0.5) over labels, the 2NN, all taking part
 * in each round, so that a rule's bound on attackers is known to hold.
 */
import type { AggregationSpec } from '../../shared/aggregation/registry.ts';
import type { AttackSpecInput } from '../attacks/registry.ts';
import { mnistContract } from '../datasets/mnist.ts';
import { mlp2nn } from '../models/mlp-2nn.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';

const EDGES = 50;
export const ROBUST_ROUNDS = 25;
/** Of the edges; beside none. */
export const ROBUST_PERCENTS = [10, 20, 30] as const;

/** As many attackers as the rule is told of: those that there are, and where none are, as many as the target's. */
const TARGET_ATTACKERS = 10;

export const ROBUST_RULES = ['mean', 'median', 'trimmed-mean', 'krum', 'multi-krum', 'bulyan', 'geometric-median', 'norm-bound', 'centered-clipping'] as const satisfies readonly AggregationSpec['rule'][];
export type RobustRule = (typeof ROBUST_RULES)[number];

export const ROBUST_ATTACKS = {
  'label-flip': { name: 'label-flip' },
  'sign-flip': { name: 'sign-flip', scale: 5 },
  'model-replacement': { name: 'model-replacement' },
  gaussian: { name: 'gaussian' },
  alie: { name: 'alie' },
  backdoor: { name: 'backdoor' },
} as const satisfies Readonly<Record<string, AttackSpecInput>>;
export type RobustAttack = keyof typeof ROBUST_ATTACKS;

export const ROBUST_PATTERN = /^robust-([a-z-]+?)(?:-(label-flip|sign-flip|model-replacement|gaussian|alie|backdoor)-(\d{1,2}))?$/;

/** The scenario of that name, where it is one of this family; else null. */
export function robustScenario(name: string): ScenarioInput | null {
  const [, rule, attack, percent] = ROBUST_PATTERN.exec(name) ?? [];
  if (!ROBUST_RULES.some((known) => known === rule)) return null;
  return robustCell(rule as RobustRule, attack === undefined ? null : { attack: attack as RobustAttack, percent: Number(percent) });
}

export function robustCell(rule: RobustRule, hostile: { readonly attack: RobustAttack; readonly percent: number } | null): ScenarioInput {
  const attackers = hostile === null ? TARGET_ATTACKERS : Math.round((hostile.percent * EDGES) / 100);
  return {
    name: hostile === null ? `robust-${rule}` : `robust-${rule}-${hostile.attack}-${hostile.percent}`,
    description: `${rule}: 50 edges on MNIST, Dirichlet(0.5), 2NN, E = 1, B = 10, all in each round${hostile === null ? ', all honest' : `, ${attackers} of them attack: ${hostile.attack}`}`,
    task: {
      model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 },
      data: mnistContract({ flat: true }),
      algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.1 },
      aggregation: rule === 'mean' ? { rule } : { rule, attackers: withstood(rule, attackers) },
      round: { goal: EDGES, minimum: EDGES, overSelection: 1, selectionSeconds: 5, reportingSeconds: 3600 },
    },
    data: { dataset: { name: 'mnist' }, partition: { name: 'dirichlet', alpha: 0.5, minimum: 20 } },
    edges: EDGES,
    rounds: ROBUST_ROUNDS,
    // Rounds take ten virtual seconds in all: a model that no edge can train any more is not waited for.
    hours: 0.02,
    ...(hostile === null ? {} : { attackers: { fraction: hostile.percent / 100, attack: ROBUST_ATTACKS[hostile.attack] } }),
  };
}

/** Bulyan needs 4f + 3 reports: of fifty it withstands eleven, however many attack. */
const withstood = (rule: RobustRule, attackers: number): number => (rule === 'bulyan' ? Math.min(attackers, Math.floor((EDGES - 3) / 4)) : attackers);

/** Those that are listed: the others differ from them in the attack, and in how many there are. */
export const ROBUST_SCENARIOS: readonly ScenarioInput[] = ROBUST_RULES.flatMap((rule) => [robustCell(rule, null), robustCell(rule, { attack: 'sign-flip', percent: 20 })]);
