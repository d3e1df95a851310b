import { describe, expect, it } from 'vitest';
import { explainFindings, troubleInShort } from '../../cli/commands/show-trouble.ts';
import type { FindingRecord } from '../../server/diagnosis/finding-record.ts';
import { asEdgeId } from '../../shared/ids.ts';

const finding = (fields: Partial<FindingRecord> = {}): FindingRecord => ({
  reading: 'divergence', subject: '', what: 'the loss has risen', since: 4, sure: 'likely', evidence: { 'best loss': 0.81234, rounds: 12 }, edges: [], remedies: ['lower the rate', 'go back'], lines: [],
  foundIn: 6, lastIn: 9, overIn: null, ...fields,
});

describe('what `task show` says of trouble', () => {
  it('is the whole of what stands, and a line for what is over', () => {
    const edges = [1, 2, 3, 4, 5, 6, 7].map((n) => asEdgeId(`e${n}`));
    expect(explainFindings([finding(), finding({ reading: 'edge-loss', edges, overIn: 8 })], 'digits')).toBe(
      [
        'One thing is wrong with task digits, as far as can be seen:', '',
        'divergence (likely, since round 4)', '  the loss has risen', '  evidence: best loss 0.812, rounds 12', '  try:      lower the rate', '            go back', '',
        'What was wrong before:', '  edge-loss, e1, e2, e3, e4, e5 and 2 more: found in round 6, over in round 8',
      ].join('\n'),
    );
    expect(explainFindings([], 'digits')).toBe('Nothing is found to be wrong with task digits.');
  });

  it('is a line among the rest of the task', () => {
    expect(troubleInShort([finding(), finding({ reading: 'edge-loss', subject: 'e1' }), finding({ reading: 'edge-loss', subject: 'e2' })], 'digits')).toBe('Trouble: divergence, edge-loss (2); `murmur task show digits --trouble` tells more');
  });
});
