import { describe, expect, it } from 'vitest';
import { csvDataset } from '../../client/datasets/csv-dataset.ts';
import { tokenise } from '../../client/datasets/text.ts';
import { DataContract } from '../../shared/task/data-contract.ts';
import { thrownBy } from '../helpers/thrown.ts';

const contract = DataContract.parse({ kind: 'text', column: 'review', labelColumn: 'mood', classes: ['bad', 'good'], length: 4, vocabulary: ['the', 'film', "don't"] });

describe('a text', () => {
  it('is split into lower-case words of any script', () => {
    expect(tokenise("The film, DON’T see-it; Ärger 3D!")).toEqual(['the', 'film', "don't", 'see', 'it', 'ärger', '3d']);
    expect(tokenise('…—  ')).toEqual([]);
  });

  it('becomes word indices: 1 for unknown words, padded with 0 in front, cut after the length', () => {
    const { train } = csvDataset('r.csv', 'mood,review\ngood,The film\nbad,"Don\'t, don\'t see\nthe film"\n', contract);
    expect(train.inputs).toEqual(Int32Array.of(0, 0, 2, 3, 4, 4, 1, 2));
    expect(train.labels).toEqual(Int32Array.of(1, 0));
    expect([train.size, train.inputShape, train.labelShape, train.scale]).toEqual([2, [4], [], 1]);
  });

  it('is refused with its place when it has no word or no label of the task', async () => {
    const error = await thrownBy(() => csvDataset('r.csv', 'mood,review\nfine,the film\ngood,"\n!"\nbad,\n', contract));
    expect(error.message).toBe('r.csv, line 2, column "mood": found "fine", expected a label, one of "bad", "good" (and 2 more; the details list all)');
    expect(error.details).toMatchObject({ count: 3, problems: [{ line: 2 }, { line: 3, column: 'review', found: '"\\n!"' }, { line: 5, column: 'review', found: 'nothing' }] });
  });
});
