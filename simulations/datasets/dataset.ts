/** The datasets that simulations deal out to their clients. One file each; every sibling passes test/conformance/simulation-dataset.ts. */
import type { z } from 'zod';
import { MurmurError } from '../../shared/errors.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { DataContract, inputShapeOf } from '../../shared/task/data-contract.ts';
import type { Named } from '../named-settings.ts';

export type DatasetSet = 'train' | 'test';
export type DataContractInput = z.input<typeof DataContract>;

/**
 * A whole set, decoded. Its arrays lie in shared memory: a worker thread that is handed one (`postMessage`, `workerData`)
 * reads the same bytes, and nobody writes to them.
 */
export interface WholeSet {
  readonly size: number;
  /** Example i occupies `inputs[i·n … (i+1)·n)`. */
  readonly inputs: Uint8Array | Float32Array;
  /** Class index of each example. */
  readonly labels: Int32Array;
  /** Natural id of each example; null where the dataset knows none. */
  readonly owners: Int32Array | null;
}

/** What a kind of dataset says of itself; all the rest is the same for all. */
export interface DatasetKind<Name extends string = string, Config extends z.ZodObject = z.ZodObject> extends Named<Name, Config> {
  /** One line, for people. */
  readonly summary: string;
  /** The contract that its examples meet. `flat` matters to images alone: for models that take a vector. */
  contract(config: z.output<Config>, options: { readonly flat: boolean }): DataContractInput;
  /** Reads or makes a set: the same one whenever, in whatever thread. @throws not_found saying what to install. */
  read(config: z.output<Config>, set: DatasetSet): Promise<WholeSet>;
}

/** Says nothing more than its argument does, but has TypeScript work out name and settings. */
export function defineDataset<const Name extends string, Config extends z.ZodObject>(kind: DatasetKind<Name, Config>): DatasetKind<Name, Config> {
  return kind;
}

/** A dataset with its settings, opened in one thread. */
export interface SimulationDataset {
  readonly name: string;
  contract(options: { readonly flat: boolean }): DataContractInput;
  /** The whole set; read once, then kept. Can be handed to other threads. */
  loadWhole(set: DatasetSet): Promise<WholeSet>;
  /**
   * The examples at `indices`, in that order, copied; without indices the whole set, in shared memory, to be read only.
   * @throws bad_dataset for a contract that these examples do not meet; bad_config for an index beyond the set.
   */
  load(set: DatasetSet, contract: DataContract, indices?: Int32Array): Promise<Examples>;
  labels(set: DatasetSet): Promise<Int32Array>;
  /** null where the dataset knows none. */
  owners(set: DatasetSet): Promise<Int32Array | null>;
}

/** @param handed sets that another thread has loaded of the same dataset with the same settings. */
export function openKind<Config extends z.ZodObject>(kind: DatasetKind<string, Config>, config: z.output<Config>, handed: Partial<Record<DatasetSet, WholeSet>> = {}): SimulationDataset {
  const kept = new Map<DatasetSet, Promise<WholeSet>>();
  // A contract is looked at once, not for every client.
  const own = new WeakSet<DataContract>();
  const dataset: SimulationDataset = {
    name: kind.name,
    contract: (options) => kind.contract(config, options),
    loadWhole(set) {
      const held = handed[set];
      if (held) return Promise.resolve(held);
      let whole = kept.get(set);
      if (!whole) {
        whole = kind.read(config, set);
        kept.set(set, whole);
        // What is missing can be installed while the process goes on.
        whole.catch(() => kept.delete(set));
      }
      return whole;
    },
    async load(set, contract, indices) {
      if (!own.has(contract)) requireOwnContract(dataset, contract);
      own.add(contract);
      const { size, inputs, labels } = await dataset.loadWhole(set);
      const all: Examples = { size, inputs, inputShape: inputShapeOf(contract), scale: contract.kind === 'image' ? contract.scale : 1, labels, labelShape: [] };
      if (!indices) return all;
      const beyond = indices.find((index) => index < 0 || index >= size);
      if (beyond !== undefined) throw new MurmurError('bad_config', `the ${set} set of ${kind.name} has no example ${beyond}; it has ${size}`);
      return { ...all, size: indices.length, inputs: takeRows(inputs, indices, inputs.length / size), labels: Int32Array.from(indices, (index) => labels[index]) };
    },
    labels: async (set) => (await dataset.loadWhole(set)).labels,
    owners: async (set) => (await dataset.loadWhole(set)).owners,
  };
  return dataset;
}

/** Flat or not, how bytes are scaled and what is held back to validate on are the task's to say; all else is the dataset's. */
export function meetsContract(dataset: SimulationDataset, contract: DataContract): boolean {
  const own = DataContract.parse(dataset.contract({ flat: contract.kind === 'image' && contract.flat }));
  const plain = (some: DataContract): string => JSON.stringify({ ...some, validation: null, ...(some.kind === 'image' ? { scale: null } : {}) });
  return plain(own) === plain(DataContract.parse(contract));
}

function requireOwnContract(dataset: SimulationDataset, contract: DataContract): void {
  if (!meetsContract(dataset, contract)) throw new MurmurError('bad_dataset', `the task's data contract is not that of ${dataset.name}: take the one that the dataset gives`);
}

/**
 * Rows copied out of shared memory, word by word where rows are made of words: a view for each row, as `set` needs it, costs
 * several times as much as its bytes.
 */
function takeRows(inputs: Uint8Array | Float32Array, indices: Int32Array, width: number): Uint8Array | Float32Array {
  const taken = inputs instanceof Uint8Array ? new Uint8Array(indices.length * width) : new Float32Array(indices.length * width);
  const rowBytes = width * inputs.BYTES_PER_ELEMENT;
  const inWords = rowBytes % 4 === 0 && inputs.byteOffset % 4 === 0;
  const [from, to] = inWords ? [wordsOf(inputs), wordsOf(taken)] : [inputs, taken];
  const row = inWords ? rowBytes / 4 : width;
  for (let i = 0, at = 0; i < indices.length; i++) {
    const end = (indices[i] + 1) * row;
    for (let word = indices[i] * row; word < end; word++, at++) to[at] = from[word];
  }
  return taken;
}

const wordsOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Int32Array => new Int32Array(buffer, byteOffset, byteLength / 4);

/** An array of this size in shared memory, all zero. */
export const sharedBytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
export const sharedInts = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));
export const sharedFloats = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));
