import { describe, expect, it } from 'vitest';
import { countReasons, rejections, toldDecisions } from '../../server/coordinator/round-book.ts';
import type { Decision } from '../../server/selection/candidate.ts';
import { asEdgeId } from '../../shared/ids.ts';

const decision = (n: number, status: Decision['status']): Decision => ({ edge: asEdgeId(`e${n}`), status, criterion: status === 'rejected' ? 'battery' : status, reason: `${status} ${n}`, examples: n });
const edgesOf = (decisions: readonly Decision[]): string[] => decisions.map(({ edge }) => edge);

describe('the decisions of a draw', () => {
  const draw = [decision(1, 'not-drawn'), decision(2, 'rejected'), decision(3, 'chosen'), decision(4, 'not-drawn'), decision(5, 'rejected'), decision(6, 'chosen')];

  it('are all told and kept where they are few', () => {
    expect(toldDecisions(draw, 6)).toBe(draw);
    expect(rejections(draw, 9)).toHaveLength(4);
  });

  it('are told to those who were chosen, and to some others, where they are many', () => {
    expect(edgesOf(toldDecisions(draw, 5))).toEqual(['e3', 'e6', 'e2', 'e5', 'e1']);
    expect(edgesOf(toldDecisions(draw, 3))).toEqual(['e3', 'e6', 'e2']);
    // Who was chosen is always told.
    expect(edgesOf(toldDecisions(draw, 1))).toEqual(['e3', 'e6']);
  });

  it('are counted, told or not', () => {
    expect(countReasons(draw)).toEqual({ 'not-drawn': 2, battery: 2 });
  });
});
