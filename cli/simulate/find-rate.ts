/** `murmur simulate SCENARIO --find-rate`: a range test of learning rates in virtual time; nothing of the run is kept. */
import { MurmurError } from '../../shared/errors.ts';
import { hasRunAway, lossAt, ratesOf, withGrowingRate, type TriedRate } from '../../shared/algorithms/rate-test.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { findScenario } from '../../simulations/scenario/find-scenario.ts';
import { isGossipScenario } from '../../simulations/scenario/gossip-scenario.ts';
import type { Json } from '../../simulations/sweep/expand-sweep.ts';
import { createTextLogger } from '../logger.ts';
import type { Output } from '../output.ts';
import { rangeOf, tellRate } from '../rate-outcome.ts';
import { settingsOf, type SimulateOptions } from './simulate-options.ts';

export async function findRateOf(name: string, options: SimulateOptions, signal: AbortSignal, output: Output): Promise<void> {
  const { rounds, seed, workers, svg } = options;
  const range = rangeOf({ ...options, ...(rounds === undefined ? {} : { rounds }) });
  const { rounds: _, ...settings } = settingsOf(options);
  const asWritten = await findScenario(name, settings);
  if (isGossipScenario(asWritten)) throw new MurmurError('bad_usage', `${name} is in gossip mode: its peers have no rounds in common that could each try a rate`);
  // All other settings as they are, but that it ends with the last rate.
  const changed = { ...settings, 'task.algorithm': withGrowingRate(asWritten.task.algorithm, range) as Json, rounds: range.rounds, target: null };
  const scenario = await findScenario(name, changed);
  const rates = ratesOf(range);
  const tried: TriedRate[] = [];
  const enough = new AbortController();
  await simulate(scenario, {
    seed, full: true, signal: AbortSignal.any([signal, enough.signal]), logger: createTextLogger(output),
    ...(workers === undefined ? {} : { workers }),
    onLine(line) {
      if (line.type !== 'round' || tried.length >= rates.length || enough.signal.aborted) return;
      tried.push({ rate: rates[tried.length], loss: lossAt(line) });
      output.note(`rate ${rates[tried.length - 1].toPrecision(3)}: training loss ${line.trainLoss?.toFixed(4) ?? 'none'}`);
      if (hasRunAway(tried) || tried.length === rates.length) enough.abort(new MurmurError('aborted', 'all is known'));
    },
  }).catch((thrown: unknown) => {
    // What ended it is that enough is known, unless its caller did.
    if (signal.aborted || !enough.signal.aborted) throw thrown;
  });
  await tellRate({ scenario: scenario.name, seed }, `${scenario.name}: training loss by learning rate`, tried, svg, output);
}
