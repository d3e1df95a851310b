import { describe, expect, it } from 'vitest';
import { describeEvaluation } from '../../cli/describe-evaluation.ts';
import type { JudgedModel, Measures } from '../../shared/evaluation/summary.ts';
import { versionRecord } from '../conformance/store.ts';

const measures: Measures = { edges: 12, examples: 1500, loss: 0.5, accuracy: 0.8, mean: 0.75, deviation: 0.1 };
const judged: JudgedModel = { ...measures, worstDecile: 0.4, bestDecile: 1, strata: null };

describe('what the command line says of a version that edges judged', () => {
  it('is a line for the version as it was sent out, and one for the models that edges have of their own', () => {
    expect(describeEvaluation(versionRecord(7, { evaluation: { shared: judged, personal: { ...judged, accuracy: 0.9, mean: 0.95 } } }))?.split('\n')).toEqual([
      'Version 7 on the examples that 12 edges hold back (1\u202f500 examples)',
      'MODEL              ACCURACY  LOSS   MEAN OF EDGES  DEVIATION  WORST TENTH  BEST TENTH',
      'as it was sent out  80.00 %   0.500  75.00 %        10.00 %    40.00 %      100.00 %',
      'as each edge has it  90.00 %   0.500  95.00 %        10.00 %    40.00 %      100.00 %',
    ].map((line) => expect.stringMatching(new RegExp(`^${line.replace(/ +/g, ' +').replace(/[()]/g, '\\$&')}$`)) as string));
  });

  it('is losses where labels are numbers, and tells groups', () => {
    const numbers = { ...measures, accuracy: null, mean: 2, deviation: 0.25 };
    const text = describeEvaluation(versionRecord(3, { evaluation: { shared: { ...numbers, worstDecile: 4, bestDecile: 1, strata: { 'node/wasm': { ...numbers, edges: 1 } } }, personal: null } }));
    expect(text).toMatch(/as it was sent out +– +0\.500 +2\.000 +0\.250 +4\.000 +1\.000/);
    expect(text).toMatch(/GROUP +EDGES +EXAMPLES +MEAN OF EDGES +LOSS\nnode\/wasm +1 +1\u202f500 +2\.000 +0\.500$/);
  });

  it('is nothing of a version that nobody judged', () => {
    expect(describeEvaluation(versionRecord(1))).toBeNull();
  });
});
