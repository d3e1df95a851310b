/** Every algorithm, by name. A new one is one file and one line here. */
import { MurmurError } from '../errors.ts';
import { parserOf, type Parser } from '../protocol/as-it-is.ts';
import type { Algorithm } from './algorithm.ts';
import { ditto } from './ditto.ts';
import { fedavg } from './fedavg.ts';
import { fedbn } from './fedbn.ts';
import { fedbuff } from './fedbuff.ts';
import { feddyn } from './feddyn.ts';
import { fednova } from './fednova.ts';
import { fedadagrad, fedadam, fedavgm, fedyogi } from './fedopt.ts';
import { fedper } from './fedper.ts';
import { fedprox } from './fedprox.ts';
import { fedrep } from './fedrep.ts';
import { fedsgd } from './fedsgd.ts';
import { qfedavg } from './q-fedavg.ts';
import { scaffold } from './scaffold.ts';
import { kmeans } from './statistics/kmeans.ts';
import { pca } from './statistics/pca.ts';
import { ridge } from './statistics/ridge.ts';
import { statistics } from './statistics/statistics.ts';

const ALGORITHMS: readonly Algorithm[] = [
  fedavg,
  fedbuff,
  fedsgd,
  fedavgm,
  fedadagrad,
  fedadam,
  fedyogi,
  fedprox,
  scaffold,
  fednova,
  feddyn,
  qfedavg,
  fedbn,
  fedper,
  fedrep,
  ditto,
  statistics,
  ridge,
  kmeans,
  pca,
];

export const ALGORITHM_NAMES: readonly string[] = ALGORITHMS.map(({ name }) => name);

/** Its `config` schema parses a task's settings into what its other methods take. @throws bad_task_spec when there is none of that name. */
export function findAlgorithm(name: string): Algorithm {
  const found = ALGORITHMS.find((algorithm) => algorithm.name === name);
  if (!found) throw new MurmurError('bad_task_spec', `there is no algorithm ${JSON.stringify(name)}; there are: ${ALGORITHM_NAMES.join(', ')}`);
  return found;
}

const configParsers: ReadonlyMap<string, Parser<unknown>> = new Map(ALGORITHMS.map(({ name, config }) => [name, parserOf(config)]));

/** Its `config` schema as a parser. @throws bad_task_spec when there is none of that name */
export const configParserOf = (name: string): Parser<unknown> => configParsers.get(name) ?? parserOf(findAlgorithm(name).config);

/** What the algorithm's other methods take, of a task's `algorithm` setting, which was checked with its task. */
export function configOf({ name, ...settings }: { readonly name: string }): unknown {
  return configParserOf(name).parse(settings);
}
