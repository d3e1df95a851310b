/** A task in plain words, for somebody who decides whether to take part. Pure. */
import { numbersForwarded } from '../../shared/algorithms/model-free.ts';
import { findAlgorithm } from '../../shared/algorithms/registry.ts';
import { formatBytes, formatCount } from '../../shared/format.ts';
import { wishesOf, type Criteria } from '../../shared/selection/criteria/registry.ts';
import { classesOf, type ColumnsContract, type DataContract } from '../../shared/task/data-contract.ts';
import { trainsModel, type GossipTask, type TaskSpec } from '../../shared/task/task-spec.ts';
import type { OfferedTask } from './offer.ts';

const MOST_NAMES = 12;

function some(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${formatCount(names.length - MOST_NAMES)} more` : shown;
}

/** What one's own files must hold. */
export function describeData(contract: DataContract): string {
  const classes = classesOf(contract);
  switch (contract.kind) {
    case 'image':
      return `${describeExamples(contract)} of the classes ${some(contract.classes)}: a pair of IDX files, or PNG, JPEG or WebP files in folders named after their class`;
    case 'table':
      return `a CSV with the columns ${some(contract.features.map(({ column }) => column))} and the label ${contract.label.column}${classes === null ? ' (a number)' : ` (${some(classes)})`}`;
    case 'text':
      return `a CSV with the texts in the column ${contract.column} and their class in ${contract.labelColumn} (${some(contract.classes)})`;
    case 'columns':
      return describeColumns(contract);
  }
}

function describeColumns({ columns }: ColumnsContract): string {
  const named = (optional: boolean): string[] => columns.flatMap((one) => (one.optional === optional ? [one.column] : []));
  const [needed, more] = [named(false), named(true)];
  const also = more.length === 0 ? '' : `${needed.length === 0 ? '' : ', and '}where it has them ${some(more)}`;
  return `a CSV${needed.length === 0 ? ' with' : ` with the columns ${some(needed)}`}${also}; empty fields may stay empty`;
}

/** What the model learns from, in a few words. */
function describeExamples(contract: DataContract): string {
  switch (contract.kind) {
    case 'image':
      return `images (${contract.width} × ${contract.height}, ${contract.channels === 1 ? 'grey' : 'colour'})`;
    case 'table':
      return `rows of a table with ${formatCount(contract.features.length)} ${contract.features.length === 1 ? 'column' : 'columns'} of features`;
    case 'text':
      return 'texts';
    case 'columns':
      return `${formatCount(contract.columns.length)} ${contract.columns.length === 1 ? 'column' : 'columns'} of a table`;
  }
}

function describeCriteria(criteria: Criteria): string {
  const wishes = wishesOf(criteria);
  return wishes.length === 0 ? '' : `Selects only where ${wishes.join(', ')}. `;
}

/** What stays here of what is learned, and what is told of how good it is. */
function describeOwn({ algorithm, evaluation }: TaskSpec): string {
  const { personal } = findAlgorithm(algorithm.name);
  const stays = personal === undefined ? '' : personal.stays === 'part' ? 'A part of the model stays on this device. ' : 'A model of your own stays on this device beside it. ';
  const judges = (evaluation ?? null) === null ? '' : `Judges versions on the examples held back here: how good they are is told${evaluation?.by === 'label' ? ', and of which class you have most, where you agree' : ''}. `;
  return `${stays}${judges}`;
}

/** Of each column what is asked, and what a smallest and a largest value are: those of single rows. */
function describeAsked({ algorithm }: TaskSpec): string {
  const { columns, covariance } = algorithm as { readonly columns?: readonly (Readonly<Record<string, unknown>> & { readonly column: string })[]; readonly covariance?: readonly string[] | null };
  if (algorithm.name !== 'statistics' || columns === undefined) return '';
  const asked = columns.slice(0, MOST_NAMES).map(({ column, ...measures }) => {
    const names = Object.entries(measures).flatMap(([measure, setting]) => (setting === null || setting === undefined || setting === false ? [] : [measure]));
    return `${column} (${['counts', ...names].join(', ')})`;
  });
  const more = columns.length > MOST_NAMES ? ` and ${formatCount(columns.length - MOST_NAMES)} more` : '';
  const together = (covariance?.length ?? 0) > 0 ? `; covariances of ${some(covariance ?? [])}` : '';
  const single = columns.some(({ range }) => range === true) ? ' A range is the smallest and the largest value, each of a single row.' : '';
  return ` Asked for: ${asked.join(', ')}${more}${together}.${single}`;
}

/** Bytes that go up in a round. Numbers of a task without a model are as wide as they can be; null where that is not known. */
export function reportBytes({ spec, modelBytes }: Pick<OfferedTask, 'spec' | 'modelBytes'>): number | null {
  return trainsModel(spec) ? modelBytes : Float64Array.BYTES_PER_ELEMENT * numbersForwarded(spec);
}

/** Sentences below a task's name and description. */
export function describeTask({ spec, status, modelBytes }: OfferedTask): string {
  const { algorithm, round, selection } = spec;
  const size = modelBytes === null || !trainsModel(spec) ? describeAsked(spec) : ` The model has ${formatBytes(modelBytes)}: so much comes down, and about as much goes up, in each round that selects you.`;
  const waiting = status === 'created' ? ' Not started yet: the tab would wait.' : '';
  const work = trainsModel(spec) ? `Trains by ${algorithm.name} on ${describeExamples(spec.data)}` : `Computes ${algorithm.name} of ${describeExamples(spec.data)}; sums are forwarded, no ${spec.data.kind === 'columns' ? 'row' : 'example'} leaves this device`;
  return `${describeCriteria(selection.criteria)}${work}. ${describeOwn(spec)}A round closes at ${formatCount(round.goal)} ${round.goal === 1 ? 'report' : 'reports'}.${size}${waiting}`;
}

/** The same of a task that peers learn among themselves. */
export function describeGossipTask({ algorithm, data, gossip, stop }: GossipTask): string {
  const neighbours = gossip.topology.name === 'overlay' && 'degree' in gossip.topology ? `about ${formatCount(Number(gossip.topology.degree))} neighbours` : 'neighbours';
  const end = stop.rounds === null ? 'until you leave' : `for ${formatCount(stop.rounds)} rounds, or until you leave`;
  return `Trains by ${algorithm.name} on ${describeExamples(data)} and averages with ${neighbours} after each round (${gossip.way.name}), ${end}.`;
}
