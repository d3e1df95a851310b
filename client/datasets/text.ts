/** A CSV by the `text` contract: each text becomes a sequence of word indices. */
import type { Dataset } from '../../shared/model/examples.ts';
import type { TextContract } from '../../shared/task/data-contract.ts';
import { findColumns, readCsv } from './csv.ts';
import { badDataset, createProblems, listed, quoted } from './problems.ts';
import { toDataset } from './split.ts';

const PADDING = 0;
const UNKNOWN = 1;
const FIRST_WORD = 2;

/** Letters and digits of any script; an apostrophe inside a word belongs to it. */
const WORD = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{N}\p{M}]+)*/gu;

export function tokenise(text: string): string[] {
  return (text.normalize('NFC').toLowerCase().match(WORD) ?? []).map((word) => word.replaceAll('’', "'"));
}

/** Word → index by the contract; make it once for many texts. */
export function vocabularyOf(contract: TextContract): ReadonlyMap<string, number> {
  return new Map(contract.vocabulary.map((word, i) => [word, i + FIRST_WORD]));
}

/**
 * The first `length` words of a text into `into[offset … offset + length)`. A shorter text
 * is padded in front: a recurrent net that reads no mask then sees the words last.
 */
export function encodeText(text: string, contract: TextContract, vocabulary: ReadonlyMap<string, number>, into: Int32Array, offset: number): void {
  const words = tokenise(text).slice(0, contract.length);
  const padding = contract.length - words.length;
  into.fill(PADDING, offset, offset + padding);
  for (let i = 0; i < words.length; i++) into[offset + padding + i] = vocabulary.get(words[i]) ?? UNKNOWN;
}

/**
 * Inputs are int32 [size, length], labels class indices.
 * @throws bad_dataset naming file, line and column of up to ten texts without a word or labels that are no class.
 */
export function textDataset(file: string, input: string | Uint8Array, contract: TextContract): Dataset {
  const problems = createProblems(file);
  const vocabulary = vocabularyOf(contract);
  const classes = new Map(contract.classes.map((name, index) => [name, index]));
  const { length } = contract;
  let textAt = -1;
  let labelAt = -1;
  let inputs = new Int32Array(0);
  let labels = new Int32Array(0);
  let size = 0;
  readCsv(file, input, problems, {
    header({ names, recordsAtMost }) {
      [textAt, labelAt] = findColumns(file, names, [contract.column, contract.labelColumn]);
      inputs = new Int32Array(recordsAtMost * length);
      labels = new Int32Array(recordsAtMost);
    },
    record(values, lineOf) {
      const text = values[textAt];
      const label = values[labelAt].trim();
      const index = classes.get(label);
      encodeText(text, contract, vocabulary, inputs, size * length);
      // The last place is padding only where there was no word at all.
      if (inputs[(size + 1) * length - 1] === PADDING) {
        problems.add({ line: lineOf(textAt), column: contract.column, found: text.trim() === '' ? 'nothing' : quoted(text), expected: 'a text of at least one word' });
      }
      if (index === undefined) {
        problems.add({ line: lineOf(labelAt), column: contract.labelColumn, found: label === '' ? 'nothing' : quoted(label), expected: `a label, one of ${listed(contract.classes)}` });
      }
      labels[size] = index ?? 0;
      size++;
    },
  });
  problems.throwIfAny();
  if (size === 0) throw badDataset(file, { line: 2, found: 'a header and no example', expected: 'one line an example' });
  const examples = { size, inputs: inputs.slice(0, size * length), inputShape: [length], scale: 1, labels: labels.slice(0, size), labelShape: [] };
  return toDataset(examples, contract, `csv:${file}`);
}
