import { describe, expect, it } from 'vitest';
import { countReasons, keptDecisions, rejections } from '../../server/coordinator/round-book.ts';
import type { Decision } from '../../server/selection/decision.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';

const decision = (n: number, status: Decision['status']): Decision => ({ edge: asEdgeId(`e${n}`), status, criterion: status === 'rejected' ? 'battery' : status, reason: `${status} ${n}`, facts: { rank: n }, examples: n });
const edgesOf = (decisions: readonly Decision[]): string[] => decisions.map(({ edge }) => edge);

describe('the decisions of a draw', () => {
  const draw = [decision(1, 'not-drawn'), decision(2, 'rejected'), decision(3, 'chosen'), decision(4, 'not-drawn'), decision(5, 'rejected'), decision(6, 'chosen')];

  it('are all kept where those who were not chosen are few', () => {
    expect(keptDecisions(draw, createRandom(1), 4)).toBe(draw);
    expect(rejections(draw, 9)).toHaveLength(4);
    expect(rejections(draw, 9)[0]).toEqual({ edge: 'e1', assignment: null, status: 'not-drawn', reason: 'not-drawn 1', examples: 1, at: 9, facts: { rank: 1 } });
  });

  it('are kept of those who were chosen, and of a sample of the others, where they are many', () => {
    for (const most of [0, 1, 3]) {
      const kept = edgesOf(keptDecisions(draw, createRandom(1), most));
      expect(kept).toHaveLength(2 + most);
      expect(kept).toEqual(edgesOf(draw).filter((edge) => kept.includes(edge)));
      expect(kept).toEqual(expect.arrayContaining(['e3', 'e6']));
    }
  });

  it('are kept of other edges round after round, and of the same ones by the same source', () => {
    const random = createRandom(1);
    const seen = new Set(Array.from({ length: 50 }, (_, round) => edgesOf(keptDecisions(draw, random.fork(`${round}`), 1))).flat());
    expect(seen.size).toBe(6);
    expect(keptDecisions(draw, random.fork('x'), 2)).toEqual(keptDecisions(draw, random.fork('x'), 2));
  });

  it('are a thousand of ten thousand', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => decision(n, n % 100 === 0 ? 'chosen' : n % 3 === 0 ? 'rejected' : 'not-drawn'));
    const kept = keptDecisions(many, createRandom(1));
    expect(kept.filter(({ status }) => status === 'chosen')).toHaveLength(100);
    expect(rejections(kept, 0)).toHaveLength(1000);
  });

  it('are counted, kept or not', () => {
    expect(countReasons(draw)).toEqual({ 'not-drawn': 2, battery: 2 });
  });
});
