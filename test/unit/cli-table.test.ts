/** Tables for terminals. */
import { describe, expect, it } from 'vitest';
import { formatTable } from '../../cli/table.ts';

describe('a table', () => {
  it('is aligned at the left, without spaces at the end of a line', () => {
    expect(formatTable(['NAME', 'N'], [['a', '10'], ['longer', '']])).toBe('NAME    N\na       10\nlonger');
  });

  it('shows what an edge has put into a cell, and does nothing that it says', () => {
    expect(formatTable(['VALUE', 'COUNT'], [['\u001b[2Jgone\n', '1'], ['\u202eright', '2'], ['naïve 東京', '3']])).toBe(
      'VALUE                COUNT\n\\u001b[2Jgone\\u000a  1\n\\u202eright          2\nnaïve 東京             3',
    );
  });
});
